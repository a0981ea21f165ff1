package io.promptbeam.local.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.proto.trace.v1.Span.SpanKind;
import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiServer;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.local.Await;
import io.promptbeam.local.stack.Backends;
import io.promptbeam.local.stack.Stack;
import io.promptbeam.local.trace.Collector.Exported;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.store.JobStore;
import io.promptbeam.trace.OtlpTracing;
import io.promptbeam.trace.TraceFields;
import io.promptbeam.trace.Tracing;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Traces of jobs from the request that submitted them to the calls made for them. */
@Timeout(180)
class TracesIT {
  private static final String CANARY = "cuckoo-7731 under the ice";
  private static final String ROUTE = "/api/llm/jobs/submit";
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String CALLER = "00-" + TRACE + "-b7ad6b7169203331-01";

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final HttpClient http = HttpClient.newHttpClient();
  private final ObjectMapper json = new ObjectMapper();
  private final Collector collector = opened(new Collector());
  private final TracedProvider provider = opened(new TracedProvider());
  private final ModelCatalog models =
      ModelCatalogLoader.parse(
          "models.yaml",
          "models:\n"
              + provider.model("good", "")
              + provider.model("flaky", "")
              + provider.model("refusing", "")
              + provider.model("quoting", "")
              + provider.model("told", ", send_traceparent: true"));

  TracesIT() throws Exception {}

  private <T extends AutoCloseable> T opened(T part) {
    opened.push(part);
    return part;
  }

  @AfterEach
  void close() throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  private Stack stack(Map<String, String> environment) throws Exception {
    Tracing tracing = OtlpTracing.open(environment, "promptbeam-it");
    return opened(Stack.open(new Backends(Optional.empty(), Optional.empty()), tracing));
  }

  private URI service(Stack stack, JobPublisher publisher) throws Exception {
    ApiServer server =
        opened(
            new ApiServer(
                ApiConfig.loopback(0).withTracing(stack.tracing()),
                stack.store(),
                publisher,
                models,
                Clock.systemUTC()));
    server.start();
    return server.uri();
  }

  private JobId submit(URI service, String model, String... headers) throws Exception {
    var request =
        HttpRequest.newBuilder(service.resolve(ROUTE + "/"))
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"model_id\":\""
                        + model
                        + "\",\"full_input\":\""
                        + CANARY
                        + "\",\"metadata\":{\"k\":\""
                        + CANARY
                        + "\"}}"));
    if (headers.length > 0) {
      request.headers(headers);
    }
    HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    JsonNode accepted = json.readTree(answer.body());
    return JobId.parse(accepted.path("job_id").asText()).orElseThrow();
  }

  private Job ended(Stack stack, JobId id) throws Exception {
    return Await.until(
            "the job has ended",
            () -> stack.store().read(id, Set.of(JobStore.Part.RESULT)).get(),
            job -> job.filter(j -> j.run().state().isTerminal()).isPresent())
        .orElseThrow();
  }

  private List<Exported> of(JobId job) {
    return collector.spans().stream()
        .filter(each -> job.toString().equals(each.attributes().get("promptbeam.job.id")))
        .toList();
  }

  /** The spans of a job that has ended, once the attempt that ended it is told. */
  private List<Exported> told(JobId job) throws Exception {
    return Await.until(
        "the last attempt is exported",
        () -> of(job),
        spans ->
            spans.stream()
                .anyMatch(
                    each ->
                        Set.of("completed", "failed")
                            .contains(each.attributes().getOrDefault("promptbeam.outcome", ""))));
  }

  private Exported request(Exported below) throws Exception {
    return Await.until(
            "the request is exported",
            () -> collector.spans().stream().filter(s -> s.id().equals(below.parent())).findFirst(),
            Optional::isPresent)
        .orElseThrow();
  }

  private static List<Exported> named(List<Exported> spans, String name) {
    return spans.stream()
        .filter(each -> each.name().startsWith(name))
        .sorted((a, b) -> Long.compare(start(a), start(b)))
        .toList();
  }

  private static long start(Exported span) {
    return span.span().getStartTimeUnixNano();
  }

  /** A pipeline that starts looks at all jobs there are, and may come to one before its message. */
  private void awaitFirstSweep(Stack stack, URI service) throws Exception {
    var unused =
        Await.until(
            "a job came by its message",
            () -> {
              JobId id = submit(service, "good");
              var unusedJob = ended(stack, id);
              List<Exported> spans = told(id);
              return named(spans, "process")
                  .get(0)
                  .parent()
                  .equals(named(spans, "publish").get(0).id());
            },
            byMessage -> byMessage);
  }

  private void assertNothingIsSaidOfContent() {
    Set<String> allowed =
        TraceFields.ALL.stream().map(AttributeKey::getKey).collect(Collectors.toSet());
    assertThat(collector.bodies())
        .isNotEmpty()
        .allMatch(body -> body.startsWith("/v1/traces "))
        .noneMatch(body -> body.contains("cuckoo"));
    assertThat(collector.spans())
        .allSatisfy(
            each -> {
              assertThat(allowed).containsAll(each.attributes().keySet());
              assertThat(each.span().getEventsList()).isEmpty();
              assertThat(each.span().getStatus().getMessage()).isEmpty();
            });
  }

  @Test
  void submission_isOneTrace_fromTheRequestThroughTheMessageToTheCall() throws Exception {
    Stack stack = stack(collector.environment());
    var unused = stack.startPipeline(models);
    URI service = service(stack, stack.publisher());
    awaitFirstSweep(stack, service);
    JobId good = submit(service, "good");
    JobId failing = submit(service, "refusing");
    JobId quoting = submit(service, "quoting");
    ended(stack, good);

    List<Exported> spans = told(good);
    Exported publish = named(spans, "publish").get(0);
    Exported process = named(spans, "process").get(0);
    Exported chat = named(spans, "chat").get(0);
    Exported request = request(publish);
    assertThat(spans).hasSize(3);
    assertThat(spans).allMatch(each -> each.trace().equals(request.trace()));
    assertThat(spans).allMatch(each -> each.service().equals("promptbeam-it"));
    assertThat(request.parent()).isEmpty();
    assertThat(process.parent()).isEqualTo(publish.id());
    assertThat(chat.parent()).isEqualTo(process.id());

    assertThat(request.name()).isEqualTo("POST " + ROUTE);
    assertThat(request.span().getKind()).isEqualTo(SpanKind.SPAN_KIND_SERVER);
    assertThat(request.attributes())
        .containsEntry("http.request.method", "POST")
        .containsEntry("http.route", ROUTE)
        .containsEntry("http.response.status_code", "202")
        .containsEntry("url.scheme", "http")
        .containsEntry("server.address", "127.0.0.1")
        .containsEntry("server.port", Integer.toString(service.getPort()))
        .hasEntrySatisfying("promptbeam.request.id", id -> assertThat(id).startsWith("req_"));
    assertThat(publish.name()).isEqualTo("publish " + topic());
    assertThat(publish.span().getKind()).isEqualTo(SpanKind.SPAN_KIND_PRODUCER);
    assertThat(publish.attributes())
        .containsEntry("messaging.system", "gcp_pubsub")
        .containsEntry("messaging.destination.name", topic())
        .containsEntry("messaging.operation.type", "send");
    assertThat(process.span().getKind()).isEqualTo(SpanKind.SPAN_KIND_CONSUMER);
    assertThat(process.attributes())
        .containsEntry("messaging.operation.type", "process")
        .containsEntry("promptbeam.attempt", "1")
        .containsEntry("promptbeam.model", "good")
        .containsEntry("promptbeam.priority", "interactive")
        .containsEntry("promptbeam.outcome", "completed");
    assertThat(chat.name()).isEqualTo("chat up-good");
    assertThat(chat.span().getKind()).isEqualTo(SpanKind.SPAN_KIND_CLIENT);
    assertThat(chat.attributes())
        .containsEntry("gen_ai.operation.name", "chat")
        .containsEntry("gen_ai.provider.name", "openai")
        .containsEntry("gen_ai.request.model", "up-good")
        .containsEntry("gen_ai.response.model", "good-2026")
        .containsEntry("gen_ai.usage.input_tokens", "7")
        .containsEntry("gen_ai.usage.output_tokens", "3")
        .containsEntry("gen_ai.response.finish_reasons", "stop")
        .containsEntry("server.address", "127.0.0.1")
        .containsEntry("server.port", Integer.toString(provider.port()))
        .containsEntry("promptbeam.attempt", "1")
        .doesNotContainKey("error.type");
    assertThat(spans).noneMatch(Exported::isError);

    String code = ended(stack, failing).run().ending().orElseThrow().error().orElseThrow().code();
    List<Exported> failed = told(failing);
    assertThat(named(failed, "chat").get(0).attributes())
        .containsEntry("error.type", code)
        .containsEntry("http.response.status_code", "400");
    assertThat(named(failed, "chat")).allMatch(Exported::isError);
    assertThat(named(failed, "process").get(0).attributes())
        .containsEntry("promptbeam.outcome", "failed")
        .containsEntry("error.type", code);

    ended(stack, quoting);
    assertThat(named(told(quoting), "chat").get(0).attributes())
        .doesNotContainKey("gen_ai.response.model");
    assertThat(provider.traceparents()).allMatch(call -> call.endsWith(" none"));
    assertNothingIsSaidOfContent();
  }

  private static String topic() {
    return PubsubNames.DEFAULT.jobsTopic();
  }

  @Test
  void retriedJob_hasAProcessAndACallForEachAttempt() throws Exception {
    Stack stack = stack(collector.environment());
    var unused = stack.startPipeline(models);
    URI service = service(stack, stack.publisher());
    awaitFirstSweep(stack, service);
    JobId id = submit(service, "flaky");
    assertThat(ended(stack, id).run().attempt()).isEqualTo(2);

    List<Exported> spans = told(id);
    List<Exported> calls = named(spans, "chat");
    List<Exported> attempts = named(spans, "process");
    assertThat(calls).hasSize(2);
    assertThat(attempts).hasSize(2);
    for (int i = 0; i < 2; i++) {
      assertThat(calls.get(i).parent()).isEqualTo(attempts.get(i).id());
      assertThat(attempts.get(i).parent()).isEqualTo(named(spans, "publish").get(0).id());
      assertThat(calls.get(i).attributes())
          .containsEntry("promptbeam.attempt", Integer.toString(i + 1));
    }
    assertThat(calls.get(0).attributes())
        .containsEntry("error.type", "provider_error")
        .containsEntry("http.response.status_code", "500");
    assertThat(attempts.get(0).attributes()).containsEntry("promptbeam.outcome", "retry");
    assertThat(calls.get(1).isError()).isFalse();
    assertNothingIsSaidOfContent();
  }

  @Test
  void caller_isTheParent_whoseDecisionNotToTraceHoldsToo_andOnlyThoseToldHearOfIt()
      throws Exception {
    Stack stack = stack(collector.environment());
    var unused = stack.startPipeline(models);
    URI service = service(stack, stack.publisher());
    String untraced = CALLER.replace(TRACE, "1".repeat(32)).replaceFirst("-01$", "-00");
    JobId hidden = submit(service, "good", "traceparent", untraced);
    JobId id = submit(service, "told", "traceparent", CALLER, "tracestate", "vendor=" + "x");
    JobId astray = submit(service, "good", "traceparent", "00-" + CANARY);
    ended(stack, hidden);
    ended(stack, id);
    ended(stack, astray);

    List<Exported> spans = told(id);
    assertThat(spans).allMatch(each -> each.trace().equals(TRACE));
    assertThat(request(named(spans, "publish").get(0)).parent()).isEqualTo("b7ad6b7169203331");
    assertThat(provider.traceparents())
        .contains("told 00-" + TRACE + "-" + named(spans, "chat").get(0).id() + "-01");
    assertThat(request(named(told(astray), "publish").get(0)).parent()).isEmpty();
    assertThat(of(hidden)).isEmpty();
    assertThat(stack.store().read(hidden, Set.of()).get().orElseThrow().spec().traceparent())
        .hasValueSatisfying(context -> assertThat(context).startsWith("00-1111").endsWith("-00"));
    assertNothingIsSaidOfContent();
  }

  @Test
  void jobThatTheSweepFinds_belongsToItsRequest_forItsRowKnows() throws Exception {
    Stack stack = stack(collector.environment());
    JobId id = submit(service(stack, JobPublisher.NONE), "good", "traceparent", CALLER);
    var unused = stack.startPipeline(models);
    ended(stack, id);

    List<Exported> spans = told(id);
    assertThat(spans).hasSize(2).allMatch(each -> each.trace().equals(TRACE));
    assertThat(request(named(spans, "process").get(0)).name()).isEqualTo("POST " + ROUTE);
  }

  @Test
  void nothingIsSentOrKept_whenNoEndpointIsGiven() throws Exception {
    Map<String, String> environment = new HashMap<>(collector.environment());
    environment.remove("OTEL_EXPORTER_OTLP_ENDPOINT");
    Stack stack = stack(environment);
    assertThat(stack.tracing()).isSameAs(Tracing.OFF);
    var unused = stack.startPipeline(models);
    JobId id = submit(service(stack, stack.publisher()), "told", "traceparent", CALLER);
    assertThat(ended(stack, id).spec().traceparent()).isEmpty();
    close();
    assertThat(collector.bodies()).isEmpty();
    assertThat(provider.traceparents()).containsExactly("told none");
  }

  @Test
  void lastSpans_areSent_whenAllIsClosed_andHeadersGoWithThem() throws Exception {
    Map<String, String> environment = new HashMap<>(collector.environment());
    environment.put("OTEL_BSP_SCHEDULE_DELAY", "600000");
    environment.put("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20key");
    environment.put("OTEL_SERVICE_NAME", "mine");
    Stack stack = stack(environment);
    var unused = stack.startPipeline(models);
    JobId id = submit(service(stack, stack.publisher()), "good");
    ended(stack, id);
    assertThat(collector.spans()).isEmpty();
    // All but the collector.
    while (opened.size() > 2) {
      opened.pop().close();
    }
    assertThat(of(id)).hasSize(3).allMatch(each -> each.service().equals("mine"));
    assertThat(collector.keys()).isNotEmpty().allMatch("Bearer key"::equals);
  }
}

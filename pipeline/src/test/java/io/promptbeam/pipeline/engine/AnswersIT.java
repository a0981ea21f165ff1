package io.promptbeam.pipeline.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.Pricing;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.catalog.ProviderOptions;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.catalog.SecretResolver;
import io.promptbeam.catalog.Timeouts;
import io.promptbeam.job.CallRecord;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobOptions;
import io.promptbeam.job.JobState;
import io.promptbeam.pipeline.llm.HttpLlmClients;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Fallbacks and schemas over HTTP, with the real clients. */
@Timeout(60)
class AnswersIT {
  private static final JsonMapper MAPPER = new JsonMapper();

  private record Reply(int status, String body) {}

  private final List<HttpServer> servers = new ArrayList<>();
  private final List<JsonNode> asked = Collections.synchronizedList(new ArrayList<>());

  @AfterEach
  void stop() {
    servers.forEach(server -> server.stop(0));
  }

  @Test
  void job_isAnsweredElsewhere_whenNobodyListens() throws Exception {
    Job job = run(nobody(), server(text("hello")), JobOptions.NONE);

    assertThat(job.run().servedBy(job.spec())).contains("f");
    assertThat(job.run().attempt()).isEqualTo(1);
  }

  private static URI nobody() throws IOException {
    try (var closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return URI.create("http://127.0.0.1:" + closed.getLocalPort() + "/v1");
    }
  }

  @Test
  void job_isAnsweredElsewhere_whenTheProviderAnswers503() throws Exception {
    Job job = run(server(new Reply(503, "{}")), server(text("hello")), JobOptions.NONE);

    assertThat(job.run().servedBy(job.spec())).contains("f");
    assertThat(job.run().calls()).extracting(CallRecord::modelId).containsExactly("m", "f");
  }

  @Test
  void job_isAnsweredElsewhere_whenItIsTooLong() throws Exception {
    String error =
        "{\"error\":{\"message\":\"too long\",\"type\":\"invalid_request_error\","
            + "\"code\":\"context_length_exceeded\"}}";
    Job job = run(server(new Reply(400, error)), server(text("hello")), JobOptions.NONE);

    assertThat(job.run().servedBy(job.spec())).contains("f");
  }

  @Test
  void job_isNotAnsweredElsewhere_whenTheRequestIsInvalid() throws Exception {
    Job job = run(server(new Reply(400, "{}")), server(text("hello")), JobOptions.NONE);

    assertThat(job.run().state()).isEqualTo(JobState.FAILED);
    assertThat(asked).hasSize(1);
  }

  @Test
  void answer_isRepaired_andTheProviderKnowsTheSchema() throws Exception {
    URI model = server(text("{\"age\":\"old\"}"), text("{\"age\":36}"));
    Job job = run(model, model, schema());

    assertThat(job.run().state()).isEqualTo(JobState.COMPLETED);
    assertThat(job.run().repaired()).isTrue();
    assertThat(asked.get(0).at("/response_format/json_schema/schema/type").asText())
        .isEqualTo("object");
    assertThat(asked.get(1).path("messages")).hasSize(3);
  }

  @Test
  void job_fails_whenTheRepairDoesNotHelp() throws Exception {
    URI model = server(text("no JSON"), text("still none"));
    Job job = run(model, model, schema());

    assertThat(job.run().ending().orElseThrow().error().orElseThrow().code())
        .isEqualTo("invalid_output");
    assertThat(asked).hasSize(2);
  }

  private static JobOptions schema() throws IOException {
    JsonNode schema =
        MAPPER.readTree(
            "{\"type\":\"object\",\"properties\":{\"age\":{\"type\":\"integer\"}},"
                + "\"required\":[\"age\"]}");
    return new JobOptions(Optional.empty(), Optional.of((ObjectNode) schema));
  }

  private static Job run(URI own, URI fallback, JobOptions options) throws Exception {
    ModelCatalog catalog =
        new ModelCatalog(List.of(model("m", own, List.of("f")), model("f", fallback, List.of())));
    try (var clients = HttpLlmClients.open(catalog, SecretResolver.ofProcess());
        var run = new EngineRun(clients)) {
      return run.run(EngineRun.PROMPT, 3, options);
    }
  }

  private static ModelConfig model(String id, URI baseUrl, List<String> fallbacks) {
    return new ModelConfig(
        id,
        ProviderKind.OPENAI,
        Optional.of(baseUrl),
        Optional.empty(),
        id,
        RateLimits.NONE,
        Pricing.FREE,
        Timeouts.DEFAULT,
        Optional.empty(),
        Optional.empty(),
        fallbacks,
        ProviderOptions.DEFAULT);
  }

  private static Reply text(String text) {
    ObjectNode answer = MAPPER.createObjectNode();
    answer.putArray("choices").addObject().putObject("message").put("content", text);
    answer.putObject("usage").put("prompt_tokens", 3).put("completion_tokens", 2);
    return new Reply(200, answer.toString());
  }

  /** Answers with {@code replies} in turn; the last one stays. */
  private URI server(Reply... replies) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    servers.add(server);
    Deque<Reply> left = new ArrayDeque<>(List.of(replies));
    server.createContext(
        "/",
        exchange -> {
          asked.add(MAPPER.readTree(exchange.getRequestBody().readAllBytes()));
          Reply reply = left.size() > 1 ? left.remove() : left.element();
          byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().add("Content-Type", "application/json");
          exchange.sendResponseHeaders(reply.status(), body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/v1");
  }
}

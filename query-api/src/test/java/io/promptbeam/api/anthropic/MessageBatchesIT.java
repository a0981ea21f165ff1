package io.promptbeam.api.anthropic;

import static io.promptbeam.api.anthropic.BatchStack.request;
import static io.promptbeam.api.anthropic.BatchStack.requests;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.anthropic.client.AnthropicClient;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.errors.BadRequestException;
import com.anthropic.errors.NotFoundException;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.StopReason;
import com.anthropic.models.messages.batches.BatchCreateParams;
import com.anthropic.models.messages.batches.BatchListPage;
import com.anthropic.models.messages.batches.BatchListParams;
import com.anthropic.models.messages.batches.MessageBatch;
import com.anthropic.models.messages.batches.MessageBatch.ProcessingStatus;
import com.anthropic.models.messages.batches.MessageBatchIndividualResponse;
import com.anthropic.models.messages.batches.MessageBatchRequestCounts;
import com.anthropic.services.blocking.messages.BatchService;
import com.fasterxml.jackson.databind.JsonNode;
import io.promptbeam.batch.LineProblem;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobEvent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The official client, unmodified, against the server. */
class MessageBatchesIT {
  private static final String MESSAGE =
      """
      {"id":"msg_1","type":"message","role":"assistant","model":"claude-x",
       "content":[{"type":"text","text":"Grüß dich 🌍","citations":null}],
       "stop_reason":"end_turn","stop_sequence":null,
       "usage":{"input_tokens":6,"output_tokens":5,"x":1.50}}
      """;
  private static final String COMPLETION =
      "{\"choices\":[{\"finish_reason\":\"length\",\"message\":{\"content\":\"Half an ans\"}}]}";

  private static BatchStack stack;
  private static AnthropicClient client;

  @BeforeAll
  static void start() throws Exception {
    stack = new BatchStack(MessageBatchLimits.DEFAULT);
    client = stack.client();
  }

  @AfterAll
  static void stop() throws Exception {
    stack.close();
  }

  private static BatchService batches() {
    return client.messages().batches();
  }

  private static HandPipeline pipeline(MessageBatch batch) {
    return new HandPipeline(stack.store, batch.id());
  }

  private static void assertCounts(MessageBatch batch, int... expected) {
    MessageBatchRequestCounts counts = batch.requestCounts();
    assertThat(
            List.of(
                counts.processing(),
                counts.succeeded(),
                counts.errored(),
                counts.canceled(),
                counts.expired()))
        .containsExactly(
            (long) expected[0],
            (long) expected[1],
            (long) expected[2],
            (long) expected[3],
            (long) expected[4]);
  }

  private static List<MessageBatchIndividualResponse> results(String id) {
    try (StreamResponse<MessageBatchIndividualResponse> results = batches().resultsStreaming(id)) {
      return results.stream().map(MessageBatchIndividualResponse::validate).toList();
    }
  }

  private static BadRequestException refused(BatchCreateParams params) {
    return catchThrowableOfType(BadRequestException.class, () -> batches().create(params));
  }

  @Test
  void batch_goesItsWay_fromCreationToDeletion() throws Exception {
    MessageBatch created = batches().create(requests(3)).validate();
    assertThat(created.id()).matches("msgbatch_[0-9a-f]{24}");
    assertThat(created.processingStatus()).isEqualTo(ProcessingStatus.IN_PROGRESS);
    assertThat(created.expiresAt()).isEqualTo(created.createdAt().plusHours(24));
    assertThat(created.endedAt()).isEmpty();
    assertThat(created.resultsUrl()).isEmpty();
    assertCounts(created, 3, 0, 0, 0, 0);

    HandPipeline pipeline = pipeline(created);
    assertThat(stack.published).contains(pipeline.batch().spec().id());
    assertThat(pipeline.file().listed()).isFalse();
    List<JsonNode> lines = pipeline.expand();
    assertThat(lines.get(1).path("messages").path(0).path("content").textValue())
        .isEqualTo("Question 1");
    assertThat(pipeline.open(0)).isTrue();
    pipeline.complete(0, MESSAGE);
    assertCounts(batches().retrieve(created.id()), 2, 1, 0, 0, 0);
    assertThat(results(created.id())).hasSize(1);

    pipeline.complete(1, COMPLETION);
    pipeline.fail(2, new JobError(ErrorCodes.PROVIDER_ERROR, "It is busy.", Optional.of(529)));
    pipeline.finish(0);
    pipeline.end();
    MessageBatch ended = batches().retrieve(created.id()).validate();
    assertThat(ended.processingStatus()).isEqualTo(ProcessingStatus.ENDED);
    assertThat(ended.endedAt()).isPresent();
    assertThat(ended.resultsUrl())
        .contains(
            "http://127.0.0.1:"
                + stack.proxy.port()
                + "/v1/messages/batches/"
                + created.id()
                + "/results");
    assertCounts(ended, 0, 2, 1, 0, 0);
    JsonNode progress =
        Objects.requireNonNull(
            Objects.requireNonNull(ended._additionalProperties().get("promptbeam"))
                .convert(JsonNode.class));
    assertThat(progress.path("cost_usd").decimalValue()).isEqualByComparingTo("0.000009");
    assertThat(progress.path("usage").path("total_tokens").intValue()).isEqualTo(30);
    assertThat(progress.path("requests_per_minute").isNumber()).isTrue();

    assertResults(results(created.id()));

    var file = pipeline.file().id();
    assertThat(stack.files).contains(file);
    assertThat(batches().delete(created.id()).validate().id()).isEqualTo(created.id());
    assertThat(
            catchThrowableOfType(NotFoundException.class, () -> batches().retrieve(created.id())))
        .isNotNull();
    assertThat(stack.batches()).doesNotContain(created.id());
    assertThat(stack.files).doesNotContain(file);
  }

  private static void assertResults(List<MessageBatchIndividualResponse> results) {
    assertThat(results)
        .extracting(MessageBatchIndividualResponse::customId)
        .containsExactly("r-0", "r-1", "r-2");
    Message own = results.get(0).result().asSucceeded().message();
    assertThat(own.id()).isEqualTo("msg_1");
    assertThat(own.content().get(0).asText().text()).isEqualTo("Grüß dich 🌍");
    Message made = results.get(1).result().asSucceeded().message().validate();
    assertThat(made.id()).startsWith("msg_");
    assertThat(made.model().asString()).isEqualTo("gpt");
    assertThat(made.content().get(0).asText().text()).isEqualTo("Half an ans");
    assertThat(made.stopReason()).contains(StopReason.MAX_TOKENS);
    assertThat(made.usage().inputTokens()).isEqualTo(6);
    assertThat(made.usage().cacheReadInputTokens()).contains(4L);
    assertThat(made.usage().outputTokens()).isEqualTo(5);
    var error = results.get(2).result().asErrored().error();
    assertThat(error.error().asOverloadedError().message()).isEqualTo("It is busy.");
    assertThat(error.requestId().orElseThrow()).startsWith("req_");
  }

  @Test
  void cancel_endsWhatHasNotBegunAtOnce_andTheRestAsItEnds() throws Exception {
    MessageBatch created = batches().create(requests(300));
    HandPipeline pipeline = pipeline(created);
    pipeline.expand();
    assertThat(pipeline.open(0)).isTrue();
    pipeline.complete(0, MESSAGE);
    pipeline.claim(1);

    MessageBatch canceling = batches().cancel(created.id()).validate();
    assertThat(canceling.processingStatus()).isEqualTo(ProcessingStatus.CANCELING);
    assertThat(canceling.cancelInitiatedAt()).isPresent();
    assertThat(canceling.resultsUrl()).isEmpty();
    assertCounts(canceling, 255, 1, 0, 44, 0);
    assertThat(pipeline.open(1)).isFalse();
    assertThat(batches().cancel(created.id()).cancelInitiatedAt())
        .isEqualTo(canceling.cancelInitiatedAt());

    pipeline.apply(
        1,
        new JobEvent.Fail("token", JobError.of("rate_limited", "x"), List.of()),
        Optional.empty());
    for (int line = 2; line < 256; line++) {
      pipeline.apply(line, new JobEvent.RequestCancel(), Optional.empty());
    }
    pipeline.finish(0);
    pipeline.end();
    MessageBatch ended = batches().cancel(created.id());
    assertThat(ended.processingStatus()).isEqualTo(ProcessingStatus.ENDED);
    assertCounts(ended, 0, 1, 1, 298, 0);
    List<MessageBatchIndividualResponse> results = results(created.id());
    assertThat(results).hasSize(300);
    assertThat(results.get(299).result().isCanceled()).isTrue();
    assertThat(results.get(1).result().asErrored().error().error().isRateLimitError()).isTrue();
  }

  @Test
  void endedBatch_isNotCancelled_andARunningOneNotDeleted() throws Exception {
    MessageBatch created = batches().create(requests(1));
    BadRequestException running =
        catchThrowableOfType(BadRequestException.class, () -> batches().delete(created.id()));
    assertThat(running.apiMessage().orElseThrow()).contains("Cancel it");
    HandPipeline pipeline = pipeline(created);
    pipeline.expand();
    pipeline.open(0);
    pipeline.complete(0, MESSAGE);
    pipeline.finish(0);
    pipeline.end();
    BadRequestException ended =
        catchThrowableOfType(BadRequestException.class, () -> batches().cancel(created.id()));
    assertThat(ended.apiMessage().orElseThrow()).contains("has ended");
    assertThat(ended.requestId().orElseThrow()).startsWith("req_");
  }

  @Test
  void refusedBatch_hasEnded_withEveryRequestErrored() {
    MessageBatch created = batches().create(requests(2));
    HandPipeline pipeline = pipeline(created);
    pipeline.refuse(
        2, List.of(new LineProblem("token_limit_exceeded", "Too many tokens.", "params", 2)));
    MessageBatch ended = batches().retrieve(created.id()).validate();
    assertThat(ended.processingStatus()).isEqualTo(ProcessingStatus.ENDED);
    assertCounts(ended, 0, 0, 2, 0, 0);
    List<MessageBatchIndividualResponse> results = results(created.id());
    assertThat(results).hasSize(2);
    assertThat(
            results.get(0).result().asErrored().error().error().asInvalidRequestError().message())
        .contains("Not run");
    assertThat(
            results.get(1).result().asErrored().error().error().asInvalidRequestError().message())
        .isEqualTo("Too many tokens.");
  }

  @Test
  void list_isPagedByTheClient_inBothDirections() {
    List<String> made = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      made.add(batches().create(requests(1 + i)).id());
    }
    List<String> newestFirst = stack.batches();
    assertThat(newestFirst).containsAll(made);

    BatchListPage first = batches().list(BatchListParams.builder().limit(3).build());
    assertThat(first.data()).hasSize(3);
    assertThat(first.hasMore()).contains(true);
    assertThat(first.autoPager().stream().map(MessageBatch::id))
        .containsExactlyElementsOf(newestFirst);

    String oldest = newestFirst.get(newestFirst.size() - 1);
    BatchListPage above =
        batches().list(BatchListParams.builder().limit(3).beforeId(oldest).build());
    int last = newestFirst.size() - 1;
    assertThat(above.data())
        .extracting(MessageBatch::id)
        .containsExactlyElementsOf(newestFirst.subList(last - 3, last));
    List<String> upwards = new ArrayList<>();
    for (BatchListPage page = above; ; page = page.nextPage()) {
      List<String> ids = new ArrayList<>(page.data().stream().map(MessageBatch::id).toList());
      Collections.reverse(ids);
      upwards.addAll(ids);
      if (!page.hasNextPage()) {
        break;
      }
    }
    Collections.reverse(upwards);
    assertThat(upwards).containsExactlyElementsOf(newestFirst.subList(0, last));

    BatchListPage end = batches().list(BatchListParams.builder().afterId(oldest).build());
    assertThat(end.data()).isEmpty();
    assertThat(end.hasMore()).contains(false);
    assertThat(end.firstId()).isEmpty();
  }

  @Test
  void create_namesTheField_whenARequestIsBad() {
    int before = stack.batches().size();
    int files = stack.files.size();
    var good = request("a", "claude", "x");
    BadRequestException duplicate =
        refused(BatchCreateParams.builder().addRequest(good).addRequest(good).build());
    assertThat(duplicate.statusCode()).isEqualTo(400);
    assertThat(duplicate.apiMessage().orElseThrow()).startsWith("requests.1.custom_id: ");
    assertThat(duplicate.type().orElseThrow().asString()).isEqualTo("invalid_request_error");
    assertThat(
            refused(BatchCreateParams.builder().addRequest(request("b", "nobody", "x")).build())
                .apiMessage()
                .orElseThrow())
        .startsWith("requests.0.params.model: ");
    assertThat(
            refused(BatchCreateParams.builder().addRequest(request("ä", "claude", "x")).build())
                .apiMessage()
                .orElseThrow())
        .startsWith("requests.0.custom_id: ");
    assertThat(refused(requests(0)).apiMessage().orElseThrow()).startsWith("requests: ");
    assertThat(stack.batches()).hasSize(before);
    assertThat(stack.files).hasSize(files);
  }

  @Test
  void create_answersBeforeTheClientGivesUp_whenABadRequestComesEarlyInALongBody() {
    int files = stack.files.size();
    String text = "x".repeat(1_000_000);
    BatchCreateParams.Builder params =
        BatchCreateParams.builder().addRequest(request("a", "nobody", "x"));
    for (int i = 0; i < 30; i++) {
      params.addRequest(request("r" + i, "claude", text));
    }
    assertThat(refused(params.build()).apiMessage().orElseThrow())
        .startsWith("requests.0.params.model: ");
    BatchCreateParams.Builder late = BatchCreateParams.builder();
    for (int i = 0; i < 30; i++) {
      late.addRequest(request("r" + i, "claude", text));
    }
    late.addRequest(request("a", "nobody", "x"));
    assertThat(refused(late.build()).apiMessage().orElseThrow())
        .startsWith("requests.30.params.model: ");
    assertThat(stack.files).hasSize(files);
  }

  @Test
  void create_takesABodyBeyondOtherRequestsLimit_andKeepsEveryCharacter() throws Exception {
    String large = "zß水🌍\u2028\"\\\n".repeat(300_000);
    MessageBatch created =
        batches()
            .create(
                BatchCreateParams.builder()
                    .addRequest(request("large", "claude", large))
                    .addRequest(request("larger", "gpt", large))
                    .addRequest(request("third", "gpt", large))
                    .build());
    assertCounts(created, 3, 0, 0, 0, 0);
    assertThat(pipeline(created).file().bytes()).isGreaterThan(10_000_000);
    List<JsonNode> lines = pipeline(created).expand();
    assertThat(lines.get(2).path("messages").path(0).path("content").textValue()).isEqualTo(large);
  }

  @Test
  void unknownBatch_isNotFound_whatever_isAsked() {
    String id = "msgbatch_0123456789abcdef01234567";
    NotFoundException unknown =
        catchThrowableOfType(NotFoundException.class, () -> batches().retrieve(id));
    assertThat(unknown.type().orElseThrow().asString()).isEqualTo("not_found_error");
    assertThat(catchThrowableOfType(NotFoundException.class, () -> batches().cancel(id)))
        .isNotNull();
    assertThat(catchThrowableOfType(NotFoundException.class, () -> batches().delete(id)))
        .isNotNull();
    assertThat(catchThrowableOfType(NotFoundException.class, () -> batches().resultsStreaming(id)))
        .isNotNull();
    assertThat(catchThrowableOfType(NotFoundException.class, () -> batches().retrieve("batch_1")))
        .isNotNull();
  }

  @Test
  void betaClient_isAnsweredTheSame() {
    String id = batches().create(requests(2)).id();
    assertThat(
            client.beta().messages().batches().retrieve(id).validate().requestCounts().processing())
        .isEqualTo(2);
  }
}

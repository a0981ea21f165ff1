package io.promptbeam.api.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.openai.client.OpenAIClient;
import com.openai.core.JsonValue;
import com.openai.core.MultipartField;
import com.openai.core.http.HttpResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIException;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.batches.Batch;
import com.openai.models.batches.BatchCreateParams;
import com.openai.models.batches.BatchListParams;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FileListParams;
import com.openai.models.files.FileObject;
import com.openai.models.files.FilePurpose;
import io.promptbeam.batch.Cut;
import io.promptbeam.batch.LineProblem;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobEvent;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** OpenAI's own client, as it is published, against the service. */
class OpenAiClientIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ANSWER =
      "{\"id\":\"c1\",\"object\":\"chat.completion\",\n \"x\":1.50,\"choices\":[]}";

  private static BatchService service;
  private static OpenAIClient client;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    service = new BatchService(directory);
    client = service.client("key-alice");
  }

  @AfterAll
  static void stop() throws IOException {
    service.close();
  }

  private static FileObject upload(OpenAIClient by, String name, byte[] bytes) {
    return upload(by, name, new ByteArrayInputStream(bytes));
  }

  private static FileObject upload(OpenAIClient by, String name, InputStream bytes) {
    return by.files()
        .create(
            FileCreateParams.builder()
                .purpose(FilePurpose.BATCH)
                .file(
                    MultipartField.<InputStream>builder()
                        .value(bytes)
                        .filename(name)
                        .contentType("application/jsonl")
                        .build())
                .build());
  }

  private static byte[] content(OpenAIClient by, String id) throws IOException {
    try (HttpResponse response = by.files().content(id)) {
      return response.body().readAllBytes();
    }
  }

  private static List<JsonNode> lines(String id) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : new String(content(client, id), UTF_8).split("\n", -1)) {
      if (!line.isEmpty()) {
        lines.add(JSON.readTree(line));
      }
    }
    return lines;
  }

  private static Batch create(String name) {
    return create(upload(client, name, "{}\n".getBytes(UTF_8)).id(), "24h");
  }

  private static Batch create(String fileId, String window) {
    return client
        .batches()
        .create(
            BatchCreateParams.builder()
                .inputFileId(fileId)
                .endpoint(BatchCreateParams.Endpoint.V1_CHAT_COMPLETIONS)
                .completionWindow(BatchCreateParams.CompletionWindow.of(window))
                .metadata(
                    BatchCreateParams.Metadata.builder()
                        .putAdditionalProperty("job", JsonValue.from("äöü 🎈"))
                        .build())
                .build());
  }

  private static Batch retrieve(String id) {
    return client.batches().retrieve(id);
  }

  @Test
  void file_comesBackByteForByte_whenItHasUnicodeCrLfAndNoLastLineEnd() throws IOException {
    byte[] bytes =
        "{\"custom_id\":\"ä🎈\"}\r\n\r\n{\"x\":\"\\u0000\"}\n{\"last\":1}".getBytes(UTF_8);
    FileObject file = upload(client, "größe 🎈.jsonl", bytes);
    assertThat(file.id()).matches("file-[0-9a-f]{24}");
    assertThat(file.bytes()).isEqualTo(bytes.length);
    assertThat(file.filename()).isEqualTo("größe 🎈.jsonl");
    assertThat(file.purpose()).isEqualTo(FileObject.Purpose.BATCH);
    assertThat(content(client, file.id())).isEqualTo(bytes);
    FileObject found = client.files().retrieve(file.id()).validate();
    assertThat(found.createdAt()).isEqualTo(file.createdAt());
    assertThat(found.expiresAt()).isEmpty();
  }

  @Test
  void file_isThere_whenItIsEmpty() throws IOException {
    FileObject file = upload(client, "empty.jsonl", new byte[0]);
    assertThat(file.bytes()).isZero();
    assertThat(content(client, file.id())).isEmpty();
  }

  @Test
  void file_comesBackInPieces_whenItIsLarge() throws IOException {
    byte[] line = ("{\"text\":\"" + "x".repeat(991) + "\"}\n").getBytes(UTF_8);
    List<InputStream> parts = new ArrayList<>();
    for (int i = 0; i < 12_000; i++) {
      parts.add(new ByteArrayInputStream(line));
    }
    FileObject file =
        upload(client, "large.jsonl", new SequenceInputStream(Collections.enumeration(parts)));
    assertThat(file.bytes()).isEqualTo(12_000L * line.length);
    byte[] back = content(client, file.id());
    assertThat(back).hasSize(12_000 * line.length).startsWith(line).endsWith(line);
  }

  @Test
  void file_isRefused_whenItIsTooLarge() {
    byte[] bytes = new byte[(int) BatchService.MAX_FILE_BYTES + 1];
    assertThatThrownBy(() -> upload(client, "huge.jsonl", bytes))
        .isInstanceOfSatisfying(
            OpenAIServiceException.class,
            e -> {
              assertThat(e.statusCode()).isEqualTo(413);
              assertThat(e.code()).contains("body_too_large");
            });
  }

  @Test
  void file_expires_whenItWasAskedFor() {
    FileObject file =
        client
            .files()
            .create(
                FileCreateParams.builder()
                    .purpose(FilePurpose.BATCH)
                    .file("{}\n".getBytes(UTF_8))
                    .expiresAfter(FileCreateParams.ExpiresAfter.builder().seconds(3_600).build())
                    .build());
    assertThat(file.expiresAt()).contains(file.createdAt() + 3_600);
    assertThatThrownBy(
            () ->
                client
                    .files()
                    .create(
                        FileCreateParams.builder()
                            .purpose(FilePurpose.BATCH)
                            .file("{}\n".getBytes(UTF_8))
                            .expiresAfter(
                                FileCreateParams.ExpiresAfter.builder().seconds(3_599).build())
                            .build()))
        .isInstanceOfSatisfying(
            BadRequestException.class,
            e -> assertThat(e.param()).contains("expires_after[seconds]"));
  }

  @Test
  void file_isRefused_whenItIsForSomethingElse() {
    assertThatThrownBy(
            () ->
                client
                    .files()
                    .create(
                        FileCreateParams.builder()
                            .purpose(FilePurpose.FINE_TUNE)
                            .file("{}\n".getBytes(UTF_8))
                            .build()))
        .isInstanceOfSatisfying(
            BadRequestException.class, e -> assertThat(e.param()).contains("purpose"));
  }

  @Test
  void files_areListedPageByPage_whenThereAreMore() {
    OpenAIClient bob = service.client("key-carol");
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      ids.add(upload(bob, "f" + i + ".jsonl", new byte[] {'\n'}).id());
    }
    List<String> oldestFirst = new ArrayList<>();
    bob.files()
        .list(FileListParams.builder().limit(2).order(FileListParams.Order.ASC).build())
        .autoPager()
        .forEach(file -> oldestFirst.add(file.id()));
    assertThat(oldestFirst).isEqualTo(ids);
    assertThat(bob.files().list(FileListParams.builder().limit(2).build()).items())
        .extracting(FileObject::id)
        .containsExactly(ids.get(4), ids.get(3));
    assertThat(bob.files().list(FileListParams.builder().after(ids.get(0)).build()).items())
        .isEmpty();
    assertThat(bob.files().list(FileListParams.builder().purpose("other").build()).items())
        .isEmpty();
    assertThatThrownBy(() -> client.files().retrieve(ids.get(0)))
        .isInstanceOf(NotFoundException.class);
    assertThatThrownBy(() -> client.files().content(ids.get(0)))
        .isInstanceOf(NotFoundException.class);
    assertThatThrownBy(() -> client.files().delete(ids.get(0)))
        .isInstanceOf(NotFoundException.class);
    assertThat(bob.files().delete(ids.get(0)).deleted()).isTrue();
    assertThatThrownBy(() -> bob.files().retrieve(ids.get(0)))
        .isInstanceOf(NotFoundException.class);
  }

  @Test
  void batch_isAnsweredWhole_whenItIsCreated() {
    Batch batch = create("new.jsonl").validate();
    assertThat(batch.status()).isEqualTo(Batch.Status.VALIDATING);
    assertThat(batch.expiresAt()).contains(batch.createdAt() + 86_400);
    assertThat(batch.requestCounts().orElseThrow().total()).isZero();
    assertThat(batch.usage().orElseThrow().totalTokens()).isZero();
    assertThat(batch.metadata().orElseThrow().toString()).contains("job=äöü 🎈");
    assertThat(batch.outputFileId()).isEmpty();
    assertThat(service.published).contains(BatchService.id(batch.id()));
    assertThat(create(batch.inputFileId(), "90m").expiresAt().orElseThrow() - batch.createdAt())
        .isBetween(5_400L, 5_500L);
  }

  @Test
  void batch_isRefused_whenWhatItIsMadeOfIsWrong() {
    String bobs = upload(service.client("key-bob"), "b.jsonl", new byte[] {'\n'}).id();
    assertThatThrownBy(() -> create(bobs, "24h"))
        .isInstanceOfSatisfying(
            NotFoundException.class, e -> assertThat(e.param()).contains("input_file_id"));
    assertThatThrownBy(() -> create("file-nope", "24h")).isInstanceOf(NotFoundException.class);
    assertThatThrownBy(() -> create(bobs, "31d"))
        .isInstanceOfSatisfying(
            BadRequestException.class, e -> assertThat(e.param()).contains("completion_window"));
    assertThatThrownBy(() -> retrieve("batch_nope")).isInstanceOf(NotFoundException.class);
    assertThatThrownBy(() -> service.client("wrong").batches().list())
        .isInstanceOf(UnauthorizedException.class);
  }

  @Test
  void batch_showsWhatHasEnded_whileItRunsAndAfterwards() throws IOException {
    String id = create("run.jsonl").id();
    service.expand(id, 4, BatchService.MODEL);
    service.open(id, 0);
    service.complete(id, 2, ANSWER);
    Batch running = retrieve(id).validate();
    assertThat(running.status()).isEqualTo(Batch.Status.IN_PROGRESS);
    assertThat(running.requestCounts().orElseThrow().total()).isEqualTo(4);
    assertThat(running.requestCounts().orElseThrow().completed()).isEqualTo(1);
    assertThat(lines(running.outputFileId().orElseThrow()))
        .extracting(line -> line.path("custom_id").asText())
        .containsExactly("c2");

    service.complete(id, 0, "{\"a\":0.10}");
    service.fail(id, 1, new JobError("invalid_request", "No such tool.", Optional.of(400)));
    service.fail(id, 3, JobError.of("timeout", "It took too long."));
    assertThat(retrieve(id).status()).isEqualTo(Batch.Status.IN_PROGRESS);
    service.finish(id, 0);
    assertThat(retrieve(id).status()).isEqualTo(Batch.Status.FINALIZING);
    service.end(id);

    Batch ended = retrieve(id).validate();
    assertThat(ended.status()).isEqualTo(Batch.Status.COMPLETED);
    assertThat(ended.completedAt()).isPresent();
    assertThat(ended.requestCounts().orElseThrow().completed()).isEqualTo(2);
    assertThat(ended.requestCounts().orElseThrow().failed()).isEqualTo(2);
    assertThat(ended.usage().orElseThrow().inputTokensDetails().cachedTokens()).isEqualTo(8);
    assertThat(ended.usage().orElseThrow().outputTokensDetails().reasoningTokens()).isEqualTo(4);
    assertThat(ended.toString()).contains("cost_usd=0.002");

    String output = ended.outputFileId().orElseThrow();
    List<JsonNode> answers = lines(output);
    assertThat(answers).hasSize(2);
    assertThat(answers.get(0).path("custom_id").asText()).isEqualTo("c0");
    assertThat(answers.get(1).path("response").path("body")).isEqualTo(JSON.readTree(ANSWER));
    assertThat(answers.get(1).path("error").isNull()).isTrue();
    assertThat(new String(content(client, output), UTF_8)).contains("\"x\":1.50");

    List<JsonNode> errors = lines(ended.errorFileId().orElseThrow());
    assertThat(errors.get(0).path("response").path("status_code").asInt()).isEqualTo(400);
    assertThat(errors.get(0).at("/response/body/error/message").asText())
        .isEqualTo("No such tool.");
    assertThat(errors.get(0).path("error").isNull()).isTrue();
    assertThat(errors.get(1).path("response").isNull()).isTrue();
    assertThat(errors.get(1).path("error").path("code").asText()).isEqualTo("timeout");

    FileObject file = client.files().retrieve(output).validate();
    assertThat(file.purpose()).isEqualTo(FileObject.Purpose.BATCH_OUTPUT);
    assertThat(file.bytes()).isEqualTo(content(client, output).length);
    assertThat(
            client.files().list(FileListParams.builder().purpose("batch_output").build()).items())
        .extracting(FileObject::id)
        .contains(output, ended.errorFileId().orElseThrow());
    assertThatThrownBy(() -> service.client("key-bob").files().content(output))
        .isInstanceOf(NotFoundException.class);
    assertThatThrownBy(() -> client.batches().cancel(id))
        .isInstanceOfSatisfying(
            OpenAIServiceException.class,
            e -> {
              assertThat(e.statusCode()).isEqualTo(409);
              assertThat(e.headers().values("x-should-retry")).containsExactly("false");
            });
  }

  @Test
  void output_isNeverTakenForWhole_whenTheStoreFailsMeanwhile() throws IOException {
    String id = create("broken.jsonl").id();
    service.expand(id, 300, BatchService.MODEL);
    service.open(id, 0);
    service.complete(id, 0, "\"short\"");
    String output = retrieve(id).outputFileId().orElseThrow();
    // The first segment is given, the second is not.
    service.linesUntilFailure.set(1);
    try {
      assertThatThrownBy(() -> client.withOptions(o -> o.maxRetries(0)).files().content(output))
          .isInstanceOf(OpenAIServiceException.class);
      service.complete(id, 1, "\"" + "x".repeat(1_000_000) + "\"");
      service.linesUntilFailure.set(1);
      assertThatThrownBy(() -> content(client.withOptions(o -> o.maxRetries(0)), output))
          .isInstanceOfAny(IOException.class, OpenAIException.class);
    } finally {
      service.linesUntilFailure.set(Integer.MAX_VALUE);
    }
    assertThat(lines(output)).hasSize(2);
  }

  @Test
  void batch_isCancelledOnce_whenThatIsAskedForTwice() throws IOException {
    Batch created = create("cancel.jsonl");
    String id = created.id();
    assertThatThrownBy(() -> client.files().delete(created.inputFileId()))
        .isInstanceOfSatisfying(
            OpenAIServiceException.class, e -> assertThat(e.statusCode()).isEqualTo(409));
    service.expand(id, 300, BatchService.MODEL);
    service.open(id, 0);
    service.complete(id, 0, ANSWER);
    Batch cancelling = client.batches().cancel(id).validate();
    assertThat(cancelling.status()).isEqualTo(Batch.Status.CANCELLING);
    assertThat(cancelling.cancellingAt()).isPresent();
    assertThat(client.batches().cancel(id).cancellingAt()).isEqualTo(cancelling.cancellingAt());
    assertThat(service.open(id, 1)).isFalse();
    for (int line = 1; line < 256; line++) {
      service.apply(id, line, new JobEvent.RequestCancel(), Optional.empty());
    }
    service.finish(id, 0);
    service.end(id);
    Batch cancelled = client.batches().cancel(id);
    assertThat(cancelled.status()).isEqualTo(Batch.Status.CANCELLED);
    assertThat(cancelled.requestCounts().orElseThrow().failed()).isZero();
    List<JsonNode> errors = lines(cancelled.errorFileId().orElseThrow());
    assertThat(errors).hasSize(299);
    assertThat(errors)
        .allSatisfy(
            line -> {
              assertThat(line.path("response").isNull()).isTrue();
              assertThat(line.path("error").path("code").asText()).isEqualTo("batch_cancelled");
            });
    assertThat(client.files().delete(created.inputFileId()).deleted()).isTrue();
  }

  @Test
  void batch_hasExpiredLines_whenItsWindowHasPassed() throws IOException {
    String id = create("expire.jsonl").id();
    service.expand(id, 2, BatchService.MODEL);
    service
        .store
        .batches()
        .cut(BatchService.id(id), new Cut(Cut.Kind.EXPIRED, Instant.now()))
        .join();
    assertThat(retrieve(id).status()).isEqualTo(Batch.Status.FINALIZING);
    service.end(id);
    Batch expired = retrieve(id).validate();
    assertThat(expired.status()).isEqualTo(Batch.Status.EXPIRED);
    assertThat(expired.expiredAt()).isPresent();
    assertThat(expired.outputFileId()).isEmpty();
    assertThat(lines(expired.errorFileId().orElseThrow()))
        .extracting(line -> line.path("error").path("code").asText())
        .containsExactly("batch_expired", "batch_expired");
  }

  @Test
  void outputFile_isGone_whenItHasExpired() throws IOException {
    BatchCreateParams.Builder params =
        BatchCreateParams.builder()
            .inputFileId(upload(client, "kept.jsonl", "{}\n".getBytes(UTF_8)).id())
            .endpoint(BatchCreateParams.Endpoint.V1_CHAT_COMPLETIONS)
            .outputExpiresAfter(
                BatchCreateParams.OutputExpiresAfter.builder().seconds(3_600).build());
    for (long endedSecondsAgo : new long[] {3_500, 3_700}) {
      String id =
          client
              .batches()
              .create(
                  params
                      .completionWindow(
                          BatchCreateParams.CompletionWindow.of(endedSecondsAgo / 60 + "m"))
                      .build())
              .id();
      service.expand(id, 1, BatchService.MODEL);
      service.open(id, 0);
      service.complete(id, 0, ANSWER);
      service.finish(id, 0);
      service.end(id, Instant.now().minusSeconds(endedSecondsAgo));
      String output = retrieve(id).outputFileId().orElseThrow();
      if (endedSecondsAgo < 3_600) {
        assertThat(lines(output)).hasSize(1);
        continue;
      }
      assertThatThrownBy(() -> client.files().retrieve(output))
          .isInstanceOf(NotFoundException.class);
      assertThatThrownBy(() -> content(client, output)).isInstanceOf(NotFoundException.class);
      assertThat(
              client.files().list(FileListParams.builder().purpose("batch_output").build()).items())
          .extracting(FileObject::id)
          .isNotEmpty()
          .doesNotContain(output);
    }
  }

  @Test
  void batch_namesBadLines_whenItFailed() {
    String id = create("bad.jsonl").id();
    var batch = service.batch(id);
    service.write(
        batch,
        batch
            .run()
            .failed(
                9,
                List.of(new LineProblem("invalid_json_line", "Not JSON.", "", 3)),
                7,
                Instant.now()));
    Batch failed = retrieve(id).validate();
    assertThat(failed.status()).isEqualTo(Batch.Status.FAILED);
    var errors = failed.errors().orElseThrow().data().orElseThrow();
    assertThat(errors.get(0).line()).contains(3L);
    assertThat(errors.get(0).param()).isEmpty();
    assertThat(errors.get(1).message().orElseThrow()).contains("6 more");
  }

  @Test
  void answer_isAChatCompletion_whenTheModelIsAnthropics() throws IOException {
    String id = create("claude.jsonl").id();
    service.expand(id, 1, BatchService.ANTHROPIC_MODEL);
    service.open(id, 0);
    service.complete(
        id,
        0,
        "{\"type\":\"message\",\"model\":\"claude-x\",\"stop_reason\":\"max_tokens\","
            + "\"content\":[{\"type\":\"text\",\"text\":\"Grüße\"}]}");
    JsonNode body = lines(retrieve(id).outputFileId().orElseThrow()).get(0).at("/response/body");
    assertThat(body.path("object").asText()).isEqualTo("chat.completion");
    assertThat(body.at("/choices/0/message/content").asText()).isEqualTo("Grüße");
    assertThat(body.at("/choices/0/finish_reason").asText()).isEqualTo("length");
    assertThat(body.at("/usage/prompt_tokens").asInt()).isEqualTo(10);
  }

  @Test
  void batches_areListedPageByPage_whenThereAreMore() {
    OpenAIClient bob = service.client("key-bob");
    String file = upload(bob, "list.jsonl", new byte[] {'\n'}).id();
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      ids.add(
          0,
          bob.batches()
              .create(
                  BatchCreateParams.builder()
                      .inputFileId(file)
                      .endpoint(BatchCreateParams.Endpoint.V1_RESPONSES)
                      .completionWindow(BatchCreateParams.CompletionWindow._24H)
                      .build())
              .id());
    }
    List<String> listed = new ArrayList<>();
    bob.batches()
        .list(BatchListParams.builder().limit(1).build())
        .autoPager()
        .forEach(batch -> listed.add(batch.id()));
    assertThat(listed).isEqualTo(ids).doesNotHaveDuplicates();
    assertThat(bob.batches().list(BatchListParams.builder().after(ids.get(2)).build()).items())
        .isEmpty();
  }

  @Test
  void models_areThoseOfTheCatalog_whenListed() {
    assertThat(client.models().list().items())
        .extracting(model -> model.validate().id())
        .containsExactly(BatchService.MODEL, BatchService.ANTHROPIC_MODEL);
    assertThat(client.models().retrieve(BatchService.MODEL).ownedBy()).isEqualTo("openai");
    assertThatThrownBy(() -> client.models().retrieve("none"))
        .isInstanceOf(NotFoundException.class);
  }
}

package io.promptbeam.local.stack;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.models.batches.Batch;
import com.openai.models.batches.BatchError;
import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiServer;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.local.Await;
import io.promptbeam.local.OpenAiBatches;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Files as they come, by the official client, through everything that there is. */
@Timeout(120)
class BatchFilesIT {
  private static final Set<Batch.Status> ENDED =
      Set.of(Batch.Status.COMPLETED, Batch.Status.FAILED, Batch.Status.EXPIRED);

  private final Closing closing = new Closing();
  private final OpenAiBatches client;

  BatchFilesIT() throws Exception {
    ModelCatalog models =
        ModelCatalogLoader.parse(
            "models.yaml", "models: [{id: sim, provider: simulated, max_in_flight: 50}]");
    Stack stack =
        closing.add("stack", Stack.open(new Backends(Optional.empty(), Optional.empty())));
    var unused = stack.startPipeline(models);
    ApiServer server =
        stack.closeWithThis(
            "service",
            new ApiServer(
                ApiConfig.loopback(0),
                stack.store(),
                stack.publisher(),
                models,
                Clock.systemUTC()));
    server.start();
    client = closing.add("client", new OpenAiBatches(server.port(), 2));
  }

  @AfterEach
  void close() {
    closing.close();
  }

  private Batch ended(byte[] file) throws Exception {
    String id = client.create(client.upload(new ByteArrayInputStream(file)), "24h").id();
    return Await.until(
        "the batch has ended",
        Duration.ofMinutes(1),
        () -> client.retrieve(id),
        batch -> ENDED.contains(batch.status()));
  }

  private static Map<Long, String> problems(Batch failed) {
    assertThat(failed.status()).isEqualTo(Batch.Status.FAILED);
    assertThat(failed.outputFileId()).isEmpty();
    Map<Long, String> codes = new LinkedHashMap<>();
    for (BatchError error : failed.errors().orElseThrow().data().orElseThrow()) {
      assertThat(error.message()).hasValueSatisfying(message -> assertThat(message).isNotBlank());
      codes.put(error.line().orElse(0L), error.code().orElse("?"));
    }
    return codes;
  }

  private static String line(String customId) {
    return OpenAiBatches.line(customId, "sim", "Say hello.").trim();
  }

  @Test
  void file_isRead_withMarkBlankLinesCrLfUnicodeALongLineAndNoFinalNewline() throws Exception {
    String unicode = "Zoë-日本-🦊";
    String file =
        "\uFEFF"
            + line("first")
            + "\r\n\r\n"
            + line(unicode)
            + "\r\n   \n"
            + OpenAiBatches.line("long", "sim", "é".repeat(4_000_000))
            + line("last");

    Batch ended = ended(file.getBytes(UTF_8));

    assertThat(ended.status()).isEqualTo(Batch.Status.COMPLETED);
    assertThat(ended.requestCounts().orElseThrow().completed()).isEqualTo(4);
    List<JsonNode> output = client.lines(ended.outputFileId().orElseThrow());
    assertThat(output)
        .extracting(answer -> answer.path("custom_id").asText())
        .containsExactly("first", unicode, "long", "last");
    assertThat(output)
        .allMatch(answer -> answer.path("response").path("status_code").asInt() == 200);
  }

  @Test
  void batch_failsNamingEveryBadLine_whenSomeAreBad() throws Exception {
    String file =
        String.join(
            "\n",
            line("good"),
            "{\"custom_id\": \"cut",
            line("good"),
            line("x").replace("\"custom_id\":\"x\",", ""),
            line("url").replace("/v1/chat/completions", "/v1/embeddings"),
            line("model").replace("\"sim\"", "\"nobody\""),
            line("fine"));

    assertThat(problems(ended(file.getBytes(UTF_8))))
        .containsExactly(
            entry(2L, "invalid_json_line"),
            entry(3L, "duplicate_custom_id"),
            entry(4L, "missing_required_parameter"),
            entry(5L, "invalid_url"),
            entry(6L, "model_not_found"));
  }

  @Test
  void batch_fails_whenItsFileHasNoLines() throws Exception {
    assertThat(problems(ended("\n  \r\n".getBytes(UTF_8)))).containsValue("empty_file").hasSize(1);
  }

  @Test
  void batch_failsNamingTheLine_whenItIsTooLong() throws Exception {
    var file = new ByteArrayOutputStream();
    file.writeBytes((line("short") + "\n").getBytes(UTF_8));
    file.writeBytes(OpenAiBatches.line("long", "sim", "x".repeat(10_000_000)).getBytes(UTF_8));
    file.writeBytes(line("after").getBytes(UTF_8));

    Batch failed = ended(file.toByteArray());

    assertThat(problems(failed)).containsOnlyKeys(2L);
    assertThat(failed.errors().orElseThrow().data().orElseThrow().get(0).message().orElseThrow())
        .contains("at most 9000000 bytes");
  }
}

package io.promptbeam.pipeline.llm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptbeam.job.LlmRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Flow.Subscription;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Streams in the shape the providers document, beside the answers they stand for. */
class StreamsTest {
  private static final int MAX_BYTES = 100_000;

  private static AnswerFormat format(String name) {
    if (name.startsWith("anthropic")) {
      return format(
          new AnthropicProtocol(AnthropicProtocol.DEFAULT_BASE_URL, "m", true, 100),
          "/v1/messages");
    }
    if (name.startsWith("gemini")) {
      return format(
          new GeminiProtocol(GeminiAddress.ofApi(Optional.empty(), "m"), true), "generateContent");
    }
    return name.contains("responses") ? OpenAiEndpoint.RESPONSES : OpenAiEndpoint.CHAT_COMPLETIONS;
  }

  private static AnswerFormat format(ProviderProtocol protocol, String endpoint) {
    return protocol
        .prepare(new LlmRequest.Native(endpoint, Json.object()), CallOptions.NONE)
        .format();
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(StreamsTest.class.getResourceAsStream(name), name)) {
      return in.readAllBytes();
    }
  }

  private static final class Ignored implements Subscription {
    boolean cancelled;

    @Override
    public void request(long n) {}

    @Override
    public void cancel() {
      cancelled = true;
    }
  }

  private static ReceivedBody read(AnswerFormat format, byte[] bytes, int split, int maxBytes) {
    var body = new StreamedBody(format.assembler(), maxBytes);
    body.onSubscribe(new Ignored());
    body.onNext(
        List.of(
            ByteBuffer.wrap(bytes, 0, split), ByteBuffer.wrap(bytes, split, bytes.length - split)));
    body.onComplete();
    return body.getBody().toCompletableFuture().join();
  }

  @ParameterizedTest
  @CsvSource({
    "openai-chat, STOP",
    "openai-chat-tools, TOOL_CALLS",
    "openai-responses, STOP",
    "anthropic-text, STOP",
    "anthropic-tools, TOOL_CALLS",
    "gemini-text, STOP",
    "gemini-tools, TOOL_CALLS",
  })
  void stream_comesToTheSameAnswer_whereverItIsSplit(String name, FinishReason reason)
      throws IOException {
    AnswerFormat format = format(name);
    byte[] stream = resource(name + ".sse");
    byte[] answer = resource(name + ".json");
    JsonNode expected = Json.MAPPER.readTree(answer);
    AnswerVerdict verdict = format.check(answer);
    assertThat(verdict)
        .isInstanceOfSatisfying(
            AnswerVerdict.Good.class,
            good -> {
              assertThat(good.finishReason()).contains(reason);
              assertThat(good.usage().totalTokens()).isPositive();
            });
    for (int split = 0; split <= stream.length; split++) {
      ReceivedBody body = read(format, stream, split, MAX_BYTES);
      assertThat(body).as("split at %d", split).isInstanceOf(ReceivedBody.Assembled.class);
      byte[] bytes = ((ReceivedBody.Assembled) body).bytes();
      assertThat(Json.MAPPER.readTree(bytes)).as("split at %d", split).isEqualTo(expected);
      assertThat(format.check(bytes)).isEqualTo(verdict);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "openai-chat",
    "openai-chat-tools",
    "openai-responses",
    "anthropic-text",
    "anthropic-tools",
    "gemini-text",
    "gemini-tools",
  })
  void stream_isNoAnswer_whereverItIsCutBeforeItsEnd(String name) throws IOException {
    AnswerFormat format = format(name);
    byte[] stream = resource(name + ".sse");
    String text = new String(stream, StandardCharsets.UTF_8).stripTrailing();
    int lastEvent = text.getBytes(StandardCharsets.UTF_8).length - lastLine(text).length();
    for (int cut = 0; cut < lastEvent; cut++) {
      ReceivedBody body = read(format, Arrays.copyOf(stream, cut), 0, MAX_BYTES);
      assertThat(body).as("cut at %d", cut).isInstanceOf(ReceivedBody.Cut.class);
    }
  }

  private static String lastLine(String text) {
    return text.substring(text.lastIndexOf('\n') + 1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "openai|data: {\"error\":{\"message\":\"The server had an error\",\"type\":\"server_error\"}}",
        "openai-responses|event: error\\ndata: {\"type\":\"error\",\"code\":\"server_error\"}",
        "anthropic|event: error\\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
            + "\"message\":\"Overloaded\"}}",
        "gemini|data: {\"error\":{\"code\":503,\"message\":\"busy\",\"status\":\"UNAVAILABLE\"}}",
      })
  void stream_failed_whenItHoldsAnError(String provider, String event) {
    byte[] bytes = (event.replace("\\n", "\n") + "\n\n").getBytes(StandardCharsets.UTF_8);
    assertThat(read(format(provider), bytes, 0, MAX_BYTES)).isInstanceOf(ReceivedBody.Failed.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "openai|data: <html>",
        "openai|data: []",
        "anthropic|data: {\"type\":\"content_block_delta\",\"index\":3,\"delta\":{\"type\":\"text_delta\"}}",
        "gemini|data: 7",
      })
  void stream_isGarbled_whenItsEventsAreNoneOfTheApi(String provider, String event) {
    byte[] bytes = (event + "\n\n").getBytes(StandardCharsets.UTF_8);
    assertThat(read(format(provider), bytes, 0, MAX_BYTES))
        .isInstanceOf(ReceivedBody.Garbled.class);
  }

  @Test
  void stream_isTooLarge_whenTheAnswerIs_butNotWhenOnlyItsEventsAre() throws IOException {
    byte[] stream = resource("anthropic-text.sse");
    int size =
        ((ReceivedBody.Assembled) read(format("anthropic"), stream, 0, MAX_BYTES)).bytes().length;
    assertThat(stream.length).isGreaterThan(size);
    assertThat(read(format("anthropic"), stream, 0, size))
        .isInstanceOf(ReceivedBody.Assembled.class);
    assertThat(read(format("anthropic"), stream, 0, size - 1))
        .isInstanceOf(ReceivedBody.TooLarge.class);
  }

  @Test
  void stream_isGivenUp_whileItGrowsTooLarge() {
    var body = new StreamedBody(OpenAiEndpoint.CHAT_COMPLETIONS.assembler(), 1_000);
    var subscription = new Ignored();
    body.onSubscribe(subscription);
    String chunk = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"0123456789\"}}]}\n\n";
    int sent = 0;
    while (!subscription.cancelled && sent < 1_000) {
      body.onNext(List.of(ByteBuffer.wrap(chunk.getBytes(StandardCharsets.UTF_8))));
      sent++;
    }
    assertThat(sent).isBetween(90, 102);
    assertThat(body.getBody().toCompletableFuture())
        .isCompletedWithValueMatching(ReceivedBody.TooLarge.class::isInstance);
  }

  @Test
  void toolInput_staysReadable_whenItWasCutOffByTheLimitOfTokens() throws IOException {
    String stream =
        new String(resource("anthropic-tools.sse"), StandardCharsets.UTF_8)
            .replace("San Francisco, CA\\\"}", "San Fr")
            .replace("tool_use\",\"stop_sequence", "max_tokens\",\"stop_sequence");
    var body =
        (ReceivedBody.Assembled)
            read(format("anthropic"), stream.getBytes(StandardCharsets.UTF_8), 0, MAX_BYTES);
    JsonNode answer = Json.MAPPER.readTree(body.bytes());
    assertThat(answer.path("stop_reason").asText()).isEqualTo("max_tokens");
    JsonNode use = answer.path("content").path(answer.path("content").size() - 1);
    assertThat(use.path("input").asText()).contains("San Fr");
  }
}

package io.promptbeam.pipeline.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SseParserTest {
  private static final String STREAM =
      """
      : hello
      event: first
      data: {"a":"é€😀"}

      id: 7
      retry: 100
      data:no space
      data:  two lines

      :

      event: nothing

      data

      data: a: b
      unknown: x

      event: last
      data: [DONE]

      """;
  private static final List<String> EVENTS =
      List.of("first|{\"a\":\"é€😀\"}", "|no space\n two lines", "|", "|a: b", "last|[DONE]");

  private final List<String> events = new ArrayList<>();
  private final SseParser parser =
      new SseParser(1_000, (type, data) -> events.add(type + "|" + data));

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n", "\r"})
  void events_areTheSame_whereverTheBytesAreSplit(String lineEnd) throws IOException {
    byte[] bytes = bytes(STREAM.replace("\n", lineEnd));
    for (int split = 0; split <= bytes.length; split++) {
      List<String> found = new ArrayList<>();
      var each = new SseParser(1_000, (type, data) -> found.add(type + "|" + data));
      each.accept(ByteBuffer.wrap(bytes, 0, split));
      each.accept(ByteBuffer.wrap(bytes, split, bytes.length - split));
      each.end();
      assertThat(found).as("split at %d", split).isEqualTo(EVENTS);
    }
  }

  @Test
  void events_areTheSame_whenBytesComeOneByOne() throws IOException {
    for (byte each : bytes(STREAM)) {
      parser.accept(ByteBuffer.wrap(new byte[] {each}));
    }
    assertThat(events).isEqualTo(EVENTS);
  }

  @Test
  void byteOrderMark_isLeftOut() throws IOException {
    parser.accept(ByteBuffer.wrap(bytes("\uFEFFdata: x\n\n")));
    assertThat(events).containsExactly("|x");
  }

  @Test
  void lastEvent_isGiven_whenItsBlankLineIsMissing() throws IOException {
    parser.accept(ByteBuffer.wrap(bytes("data: x\n\ndata: y")));
    assertThat(events).containsExactly("|x");
    parser.end();
    assertThat(events).containsExactly("|x", "|y");
  }

  @Test
  void event_isRefused_whenItIsTooLarge() {
    for (String large :
        new String[] {
          "data: " + "x".repeat(1_000), "data: x\n".repeat(200), ":" + "x".repeat(1_000)
        }) {
      var each = new SseParser(1_000, (type, data) -> events.add(data));
      assertThatThrownBy(() -> each.accept(ByteBuffer.wrap(bytes(large))))
          .isInstanceOf(IOException.class);
    }
    assertThat(events).isEmpty();
  }

  @Test
  void stream_isNotLimited_whenItsEventsAre() throws IOException {
    for (int i = 0; i < 100; i++) {
      parser.accept(ByteBuffer.wrap(bytes(": keep-alive\n\ndata: " + "x".repeat(500) + "\n\n")));
      parser.accept(ByteBuffer.wrap(bytes(": keep-alive\n".repeat(50))));
    }
    assertThat(events).hasSize(100);
  }
}

package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.util.Locale;

/** What came as the body of a response. */
sealed interface ReceivedBody {
  /** The bytes as they came. */
  record Whole(BoundedBody body) implements ReceivedBody {}

  /** The answer that a stream's events came to. */
  @SuppressWarnings("ArrayRecordComponent") // never compared; a copy per call would be waste
  record Assembled(byte[] bytes) implements ReceivedBody {}

  /** The provider sent an error in the middle of its stream. */
  record Failed(JsonNode error) implements ReceivedBody {}

  /** The stream ended before the answer did. */
  record Cut() implements ReceivedBody {}

  /** The stream's events are none of the API's. */
  record Garbled() implements ReceivedBody {}

  /** The answer is larger than we keep. */
  record TooLarge() implements ReceivedBody {}

  /**
   * Reads a streamed answer as its events, where it is one: some servers answer at once
   * nevertheless, and errors always come whole.
   */
  static BodyHandler<ReceivedBody> handler(
      PreparedCall call, int maxAnswerBytes, int maxErrorBytes) {
    BodyHandler<BoundedBody> whole = BoundedBody.handler(maxAnswerBytes, maxErrorBytes);
    return info -> {
      if (call.streamed() && info.statusCode() / 100 == 2 && isStream(info.headers())) {
        return new StreamedBody(call.format().assembler(), maxAnswerBytes);
      }
      BodySubscriber<BoundedBody> bytes = whole.apply(info);
      return BodySubscribers.mapping(bytes, Whole::new);
    };
  }

  private static boolean isStream(HttpHeaders headers) {
    String type = headers.firstValue("Content-Type").orElse("").toLowerCase(Locale.ROOT);
    return !type.contains("json") && headers.firstValue("Content-Encoding").isEmpty();
  }
}

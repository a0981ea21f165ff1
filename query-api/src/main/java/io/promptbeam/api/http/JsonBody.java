package io.promptbeam.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptbeam.submit.MalformedJsonException;
import io.promptbeam.submit.StrictJson;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads a request's body as JSON, or ends the request with what is wrong with it. */
public final class JsonBody {
  private static final Pattern JSON_TYPE =
      Pattern.compile("application/json(\\s*;\\s*charset\\s*=\\s*\"?utf-?8\"?\\s*)?\\s*;?");

  private JsonBody() {}

  public static JsonNode read(ApiRequest request) {
    require(request);
    try {
      return StrictJson.read(request.body());
    } catch (MalformedJsonException e) {
      throw Problems.malformed(e).asException();
    }
  }

  /** Ends the request unless its body says of itself that it is JSON. */
  public static void require(ApiRequest request) {
    Optional<String> type = request.header("Content-Type");
    if (type.isEmpty()
        || !JSON_TYPE.matcher(type.get().trim().toLowerCase(Locale.ROOT)).matches()
        || request.header("Content-Encoding").isPresent()) {
      throw Problems.notJson().asException();
    }
  }
}

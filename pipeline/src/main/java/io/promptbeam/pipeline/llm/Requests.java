package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobError;
import java.net.URI;
import java.util.List;

/** What making a request's body has in common for all providers. */
final class Requests {
  private Requests() {}

  static LlmException.Permanent refused(String message) {
    return new LlmException.Permanent(JobError.of(ErrorCodes.INVALID_REQUEST, message));
  }

  static LlmException.Permanent unknownEndpoint(List<String> known) {
    return refused("this endpoint cannot be a job; use one of " + known);
  }

  /** An answer is stored whole, so there is nobody to stream to. */
  static void refuseStreaming(JsonNode body) {
    if (isSet(body.path("stream"))) {
      throw refused("stream is not possible in a job: its answer is polled; remove stream");
    }
  }

  static boolean isSet(JsonNode flag) {
    return !flag.isMissingNode() && !flag.isNull() && !(flag.isBoolean() && !flag.booleanValue());
  }

  /** Parameters must not stand in for what has a field of its own. */
  static void refuseParams(ObjectNode params, List<String> names) {
    for (String name : names) {
      if (params.has(name)) {
        throw refused("params must not hold " + String.join(" or ", names) + ": set them beside");
      }
    }
  }

  static byte[] bytes(ObjectNode body) {
    try {
      return Json.MAPPER.writeValueAsBytes(body);
    } catch (JsonProcessingException e) {
      throw refused("the request cannot be written as JSON");
    }
  }

  /**
   * The address of a path that begins with {@code version}, which the base URL may end with too.
   */
  static URI below(URI baseUrl, String version, String rest) {
    String base = baseUrl.toString().replaceFirst("/+$", "");
    return URI.create(base + (base.endsWith(version) ? "" : version) + rest);
  }
}

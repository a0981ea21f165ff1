package io.promptbeam.api.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;

/** How a problem is written, which depends on the protocol that the path belongs to. */
public enum ErrorStyle {
  /** RFC 9457. */
  PROBLEM {
    @Override
    ObjectNode json(Problem problem, String requestId) {
      return problem.json(requestId);
    }
  },
  OPENAI {
    @Override
    ObjectNode json(Problem problem, String requestId) {
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      json.putObject("error")
          .put("message", problem.detail())
          .put("type", openAiType(problem.status()))
          .put("param", problem.field().orElse(null))
          .put("code", problem.code());
      return json;
    }
  },
  ANTHROPIC {
    @Override
    ObjectNode json(Problem problem, String requestId) {
      ObjectNode json = JsonNodeFactory.instance.objectNode().put("type", "error");
      json.putObject("error")
          .put("type", anthropicType(problem.status()))
          .put("message", problem.detail());
      return json.put("request_id", requestId);
    }
  };

  abstract ObjectNode json(Problem problem, String requestId);

  /** Of the protocol that {@code path} belongs to. */
  public static ErrorStyle ofPath(String path) {
    if (path.equals("/v1/messages") || path.startsWith("/v1/messages/")) {
      return ANTHROPIC;
    }
    return path.equals("/v1") || path.startsWith("/v1/") ? OPENAI : PROBLEM;
  }

  /** The answer that {@code problem} is. */
  public ApiResponse toResponse(Problem problem, String requestId) {
    byte[] body = json(problem, requestId).toString().getBytes(StandardCharsets.UTF_8);
    String type = this == PROBLEM ? ApiResponse.PROBLEM_JSON : ApiResponse.JSON;
    ApiResponse answer =
        new ApiResponse(problem.status(), type, body, problem.headers())
            .with("Cache-Control", "no-store");
    if (this == PROBLEM) {
      return answer;
    }
    answer = answer.with(this == OPENAI ? "x-request-id" : "request-id", requestId);
    // Clients would ask again after a conflict, which stays one; a 429 of ours passes.
    return problem.status() == 409 ? answer.with("x-should-retry", "false") : answer;
  }

  private static String openAiType(int status) {
    return switch (status) {
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 429 -> "rate_limit_error";
      default -> status >= 500 ? "server_error" : "invalid_request_error";
    };
  }

  private static String anthropicType(int status) {
    return switch (status) {
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 413 -> "request_too_large";
      case 429 -> "rate_limit_error";
      case 503, 529 -> "overloaded_error";
      default -> status >= 500 ? "api_error" : "invalid_request_error";
    };
  }
}

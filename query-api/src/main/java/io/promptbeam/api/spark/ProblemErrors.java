package io.promptbeam.api.spark;

import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.HttpFigures;
import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.Problems;
import io.promptbeam.api.http.SecurityHeaders;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.UUID;
import javax.servlet.RequestDispatcher;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/** What Jetty refuses by itself, such as a malformed or oversize header, as problems too. */
final class ProblemErrors {
  private ProblemErrors() {}

  private static Problem problem(int status) {
    if (status >= 500 && status != 505) {
      return Problems.internal();
    }
    Optional<HttpStatus.Code> code = Optional.ofNullable(HttpStatus.getCode(status));
    return Problem.of(
        status,
        switch (status) {
          case 431 -> "headers_too_large";
          case 414 -> "uri_too_long";
          default -> "bad_request";
        },
        code.map(HttpStatus.Code::getMessage).orElse("Bad request"),
        status == 431
            ? "The request's first line and headers are longer than this server takes."
            : "The request is not one this server can read.");
  }

  private static String newId() {
    return "req_" + UUID.randomUUID().toString().replace("-", "");
  }

  /** Before a request reaches the servlets. */
  static final class OfServer extends ErrorHandler {
    private final HttpFigures figures;

    OfServer(HttpFigures figures) {
      this.figures = figures;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
      figures.unreadable(response.getStatus());
      String id = newId();
      ApiResponse answer = problem(response.getStatus()).toResponse(id);
      HttpFields.Mutable headers = response.getHeaders();
      headers.put("X-Request-Id", id);
      headers.put(HttpHeader.CONTENT_TYPE, answer.contentType());
      headers.put(HttpHeader.CONTENT_LENGTH, answer.body().length);
      SecurityHeaders.everywhere().forEach(h -> headers.put(h.name(), h.value()));
      ApiResponse.Header policy = SecurityHeaders.policy(answer.contentType());
      headers.put(policy.name(), policy.value());
      response.write(true, ByteBuffer.wrap(answer.body()), callback);
      return true;
    }
  }

  /** Within the servlets. */
  static final class OfContext extends org.eclipse.jetty.ee8.nested.ErrorHandler {
    @Override
    public void handle(
        String target,
        org.eclipse.jetty.ee8.nested.Request baseRequest,
        HttpServletRequest request,
        HttpServletResponse response)
        throws IOException {
      baseRequest.setHandled(true);
      Object status = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
      String id = newId();
      ApiResponse answer =
          problem(status instanceof Integer code ? code : response.getStatus()).toResponse(id);
      response.setHeader("X-Request-Id", id);
      SecurityHeaders.everywhere().forEach(h -> response.setHeader(h.name(), h.value()));
      ApiResponse.Header policy = SecurityHeaders.policy(answer.contentType());
      response.setHeader(policy.name(), policy.value());
      response.setContentType(answer.contentType());
      response.setContentLength(answer.body().length);
      response.getOutputStream().write(answer.body());
    }
  }
}

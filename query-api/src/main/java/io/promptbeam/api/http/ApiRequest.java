package io.promptbeam.api.http;

import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One request. Used by one thread. */
public interface ApiRequest {
  /** Ours, unique; in the answer's {@code X-Request-Id} and in every problem. */
  String id();

  /** W3C trace context of this request as we trace it, for what it makes; mostly empty. */
  default Optional<String> traceparent() {
    return Optional.empty();
  }

  /** Upper case. */
  String method();

  String path();

  /** A header's first value. */
  Optional<String> header(String name);

  /** The value of a {@code :name} segment of the route. */
  String pathValue(String name);

  /** The query's parameters, decoded. */
  Map<String, List<String>> query();

  /**
   * The body, read now.
   *
   * @throws ProblemException 413 when it is larger than the server takes
   */
  byte[] body();

  /**
   * The body as it comes, for one too large to hold; read at most once, and not beside {@link
   * #body}. Reading fails with a {@link ProblemException}: 413 beyond {@code maxBytes}, 400 when
   * the connection breaks.
   */
  InputStream bodyStream(long maxBytes);

  /** As the caller names this server, without path, such as {@code http://127.0.0.1:8080}. */
  String origin();
}

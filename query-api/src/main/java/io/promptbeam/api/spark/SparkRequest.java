package io.promptbeam.api.spark;

import io.opentelemetry.api.trace.Span;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Problems;
import io.promptbeam.job.Owner;
import io.promptbeam.trace.Tracing;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import javax.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/** A servlet's request as the handlers see it. */
final class SparkRequest implements ApiRequest {
  private final String id;
  private final HttpServletRequest raw;
  private final UnaryOperator<@Nullable String> pathValues;
  private final int maxBodyBytes;
  private final Places places;
  private Owner owner = Caller.ANYONE.owner();
  private boolean reading;
  private Optional<String> traceparent = Optional.empty();

  SparkRequest(
      String id,
      HttpServletRequest raw,
      UnaryOperator<@Nullable String> pathValues,
      int maxBodyBytes,
      Places places) {
    this.id = id;
    this.raw = raw;
    this.pathValues = pathValues;
    this.maxBodyBytes = maxBodyBytes;
    this.places = places;
  }

  /** What is made for it belongs to that trace. */
  void isTracedAs(Span span) {
    traceparent = Tracing.traceparent(span);
  }

  /** Whose body it is that will be read. */
  void isFrom(Owner caller) {
    owner = caller;
  }

  Owner owner() {
    return owner;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public Optional<String> traceparent() {
    return traceparent;
  }

  @Override
  public String method() {
    return raw.getMethod();
  }

  @Override
  public String path() {
    return raw.getRequestURI();
  }

  @Override
  public Optional<String> header(String name) {
    return Optional.ofNullable(raw.getHeader(name));
  }

  @Override
  public String pathValue(String name) {
    String value = pathValues.apply(name);
    if (value == null) {
      throw new IllegalStateException("the route has no :" + name);
    }
    return value;
  }

  @Override
  public Map<String, List<String>> query() {
    Map<String, List<String>> result = new LinkedHashMap<>();
    String query = raw.getQueryString();
    if (query == null || query.isEmpty()) {
      return result;
    }
    for (String pair : query.split("&", -1)) {
      if (!pair.isEmpty()) {
        int equals = pair.indexOf('=');
        String name = decode(equals < 0 ? pair : pair.substring(0, equals));
        String value = equals < 0 ? "" : decode(pair.substring(equals + 1));
        result.computeIfAbsent(name, n -> new ArrayList<>()).add(value);
      }
    }
    return result;
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw Problems.invalidParameter("query", "Its percent-encoding is broken.").asException();
    }
  }

  @Override
  public InputStream bodyStream(long maxBytes) {
    if (raw.getContentLengthLong() > maxBytes) {
      throw Problems.tooLarge(maxBytes).asException();
    }
    takePlace();
    try {
      return new BoundedStream(raw.getInputStream(), maxBytes);
    } catch (IOException e) {
      throw BoundedStream.incomplete();
    }
  }

  @Override
  public String origin() {
    StringBuffer url = raw.getRequestURL();
    return url.substring(0, url.length() - raw.getRequestURI().length());
  }

  @Override
  public byte[] body() {
    if (raw.getContentLengthLong() > maxBodyBytes) {
      throw Problems.tooLarge(maxBodyBytes).asException();
    }
    byte[] body;
    takePlace();
    try {
      // One byte more tells a chunked body that is too long from one that just fits.
      body = raw.getInputStream().readNBytes(maxBodyBytes + 1);
    } catch (IOException | RuntimeException e) {
      // The connection broke or idled, or the chunks are malformed. The cause may quote the body.
      throw BoundedStream.incomplete();
    } finally {
      bodyIsRead();
    }
    if (body.length > maxBodyBytes) {
      throw Problems.tooLarge(maxBodyBytes).asException();
    }
    return body;
  }

  /** A body that is not all here yet holds the thread that reads it. */
  private void takePlace() {
    boolean hasBody = raw.getContentLengthLong() > 0 || raw.getHeader("Transfer-Encoding") != null;
    if (hasBody && raw.getAttribute(SlowCallers.BODY_IS_HERE) == null) {
      if (!places.enter(Places.Kind.UPLOAD, owner)) {
        throw Places.Kind.UPLOAD.refusal().withHeader("Connection", "close").asException();
      }
      reading = true;
    }
  }

  /** Of the body no more is read. */
  void bodyIsRead() {
    if (reading) {
      reading = false;
      places.leave(Places.Kind.UPLOAD, owner);
    }
  }
}

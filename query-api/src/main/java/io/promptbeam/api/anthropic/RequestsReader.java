package io.promptbeam.api.anthropic;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.promptbeam.api.http.Problems;
import io.promptbeam.store.JobStore;
import io.promptbeam.submit.MalformedJsonException;
import io.promptbeam.submit.StrictJson;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Reads the body of a creation request by request, and writes a line for each as it comes. */
final class RequestsReader {
  /**
   * A body that was read completely.
   *
   * @param requests how many
   * @param sha256 of the body, hex
   */
  record Body(int requests, String sha256) {}

  /** Escapes may make a request much longer on the way than it is once read. */
  private static final long MAX_REQUEST_BYTES = 2L * JobStore.MAX_REQUEST_BYTES;

  private static final String REQUESTS = "requests";

  private final RequestCheck check;
  private final int maxRequests;

  RequestsReader(RequestCheck check, int maxRequests) {
    this.check = check;
    this.maxRequests = maxRequests;
  }

  /**
   * Blocks.
   *
   * @param lines what is written there of a body that turns out to be bad is good for nothing
   * @throws io.promptbeam.api.http.ProblemException when the body is not a good one
   */
  Body read(InputStream body, OutputStream lines) {
    MeteredStream metered = new MeteredStream(body);
    try (JsonParser parser = StrictJson.parser(metered)) {
      parser.disable(JsonParser.Feature.AUTO_CLOSE_SOURCE);
      int requests = read(parser, metered, lines);
      return new Body(requests, metered.sha256());
    } catch (JsonProcessingException e) {
      throw Problems.malformed(StrictJson.malformed(e)).asException();
    } catch (NumberFormatException e) {
      // Thrown past Jackson's own exceptions, for an exponent no decimal can have.
      throw malformed("has a number that is too large or too small");
    } catch (IOException e) {
      // The stream's own failures are problems already, and the lines' are the store's.
      throw malformed("is not UTF-8");
    }
  }

  private int read(JsonParser parser, MeteredStream metered, OutputStream lines)
      throws IOException {
    JsonToken first = parser.nextToken();
    if (first == null) {
      throw malformed("is empty");
    }
    if (first != JsonToken.START_OBJECT) {
      throw Invalid.field("body", "Input should be an object");
    }
    int requests = -1;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      if (!parser.currentName().equals(REQUESTS)) {
        throw Invalid.unknown("", parser.currentName());
      }
      if (parser.nextToken() != JsonToken.START_ARRAY) {
        throw Invalid.field(REQUESTS, "Input should be a list");
      }
      requests = readRequests(parser, metered, lines);
    }
    if (parser.nextToken() != null) {
      throw malformed("goes on after the JSON value");
    }
    if (requests < 0) {
      throw Invalid.required(REQUESTS);
    }
    if (requests == 0) {
      throw Invalid.field(REQUESTS, "List should have at least 1 item");
    }
    return requests;
  }

  private int readRequests(JsonParser parser, MeteredStream metered, OutputStream lines)
      throws IOException {
    int count = 0;
    metered.allow(MAX_REQUEST_BYTES, REQUESTS + ".0");
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (count == maxRequests) {
        throw Invalid.field(REQUESTS, "List should have at most " + maxRequests + " items");
      }
      lines.write(check.line(count, StrictJson.value(parser)));
      lines.write('\n');
      count++;
      metered.allow(MAX_REQUEST_BYTES, REQUESTS + "." + count);
    }
    return count;
  }

  private static RuntimeException malformed(String what) {
    return Problems.malformed(new MalformedJsonException(what, 1, 1)).asException();
  }
}

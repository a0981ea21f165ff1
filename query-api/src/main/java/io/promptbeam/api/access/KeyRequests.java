package io.promptbeam.api.access;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptbeam.access.KeyRequest;
import io.promptbeam.access.KeyRing;
import io.promptbeam.access.Scope;
import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.ProblemException;
import io.promptbeam.job.Owner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads the body by which a key is asked for. */
final class KeyRequests {
  private static final Set<String> KNOWN =
      Set.of("owner", "name", "scopes", "expires_in_seconds", "rotate", "old_expires_in_seconds");
  private static final String OLD_LIFE = "old_expires_in_seconds";

  private KeyRequests() {}

  /**
   * What is asked for.
   *
   * @throws ProblemException 400 naming the field
   */
  static KeyRequest parse(JsonNode body) {
    if (!body.isObject()) {
      throw invalid("body", "It must be an object.");
    }
    for (Iterator<String> names = body.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!KNOWN.contains(name)) {
        throw invalid(name, "This field is not known here.");
      }
    }
    boolean rotate = body.path("rotate").asBoolean(false);
    if (body.has("rotate") && !body.path("rotate").isBoolean()) {
      throw invalid("rotate", "It must be true or false.");
    }
    if (body.has(OLD_LIFE) && !rotate) {
      throw invalid(OLD_LIFE, "It goes with rotate: true.");
    }
    Optional<Duration> lifetime =
        body.has("expires_in_seconds")
            ? seconds(body, "expires_in_seconds")
            : Optional.of(KeyRequest.DEFAULT_LIFETIME);
    try {
      return new KeyRequest(
          owner(body),
          name(body),
          scopes(body),
          lifetime,
          rotate
              ? Optional.of(new KeyRequest.Rotation(seconds(body, OLD_LIFE)))
              : Optional.empty());
    } catch (IllegalArgumentException e) {
      throw invalid("expires_in_seconds", "A key lives 1 s or more, and 3,650 days at most.");
    }
  }

  private static Owner owner(JsonNode body) {
    try {
      return new Owner(body.path("owner").asText());
    } catch (IllegalArgumentException e) {
      throw invalid("owner", "It must be 1 to 64 letters, digits or . _ @ -");
    }
  }

  private static String name(JsonNode body) {
    JsonNode name = body.path("name");
    if (!name.isTextual() || !KeyRing.isName(name.asText())) {
      throw invalid("name", "It must be 1 to 64 letters, digits or . _ -");
    }
    return name.asText();
  }

  private static Optional<Set<Scope>> scopes(JsonNode body) {
    if (!body.has("scopes")) {
      return Optional.empty();
    }
    List<String> names = new ArrayList<>();
    body.path("scopes").forEach(each -> names.add(each.asText()));
    Optional<Set<Scope>> scopes = Scope.parseAll(names);
    if (!body.path("scopes").isArray() || scopes.isEmpty()) {
      throw invalid("scopes", "It must be a list of submit, read and admin.");
    }
    return scopes;
  }

  /** Empty for null. */
  private static Optional<Duration> seconds(JsonNode body, String field) {
    JsonNode given = body.path(field);
    if (given.isMissingNode() || given.isNull()) {
      return Optional.empty();
    }
    if (!given.isIntegralNumber() || !given.canConvertToLong()) {
      throw invalid(field, "It must be a number of seconds, or null for never.");
    }
    return Optional.of(Duration.ofSeconds(given.asLong()));
  }

  private static ProblemException invalid(String field, String remedy) {
    return Problem.of(400, "invalid_field", "Invalid key request", field + ": " + remedy)
        .withField(field)
        .asException();
  }
}

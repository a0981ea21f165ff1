package io.promptbeam.api.access;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.access.ApiKey;
import io.promptbeam.access.IssuedKey;
import io.promptbeam.access.KeyId;
import io.promptbeam.access.KeyRefusedException;
import io.promptbeam.access.Scope;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.JsonBody;
import io.promptbeam.api.http.OwnerParameter;
import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.ProblemException;
import io.promptbeam.api.http.Problems;
import io.promptbeam.api.http.Route;
import io.promptbeam.job.Owner;
import io.promptbeam.store.IssuedKeys;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keys are made, shown and revoked by admins. Thread-safe, never blocks. */
public final class KeyRoutes {
  private static final Logger log = LoggerFactory.getLogger(KeyRoutes.class);

  private static final String KEYS = "/api/llm/keys";

  private final Supplier<IssuedKeys> keys;
  private final Clock clock;

  private KeyRoutes(Supplier<IssuedKeys> keys, Clock clock) {
    this.keys = keys;
    this.clock = clock;
  }

  /**
   * All of them.
   *
   * @param keys asked for by requests only: not every store has them
   */
  public static List<Route> of(Supplier<IssuedKeys> keys, Clock clock) {
    KeyRoutes routes = new KeyRoutes(keys, clock);
    return List.of(
        Route.administering("POST", KEYS, routes::create),
        Route.administering("GET", KEYS, routes::list),
        Route.administering("DELETE", KEYS + "/:key_id", routes::revoke));
  }

  private CompletableFuture<ApiResponse> create(ApiRequest request, Caller caller) {
    return keys.get()
        .create(KeyRequests.parse(JsonBody.read(request)))
        .handle(
            (issued, failure) -> {
              if (failure != null) {
                throw refused(failure);
              }
              log.info(
                  "key {} of {} issued by {}: {}",
                  issued.key().id(),
                  issued.key().owner(),
                  caller.owner(),
                  Scope.list(issued.key().scopes()));
              return answer(201, created(issued));
            });
  }

  private static RuntimeException refused(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof KeyRefusedException refused
        ? Problem.of(409, refused.code(), "Key not created", String.valueOf(refused.getMessage()))
            .asException()
        : new CompletionException(cause);
  }

  private ObjectNode created(IssuedKey issued) {
    ObjectNode json = json(issued.key(), clock.instant());
    return json.put("key", issued.text().reveal());
  }

  private CompletableFuture<ApiResponse> list(ApiRequest request, Caller caller) {
    for (String parameter : request.query().keySet()) {
      if (!parameter.equals(OwnerParameter.NAME)) {
        throw Problems.invalidParameter(parameter, "Only owner is known here.").asException();
      }
    }
    boolean all =
        request.query().getOrDefault(OwnerParameter.NAME, List.of()).stream()
            .allMatch(String::isEmpty);
    Optional<Owner> owner =
        all ? Optional.empty() : Optional.of(OwnerParameter.of(request, caller));
    return keys.get()
        .list(owner)
        .thenApply(
            found -> {
              ObjectNode json = JsonNodeFactory.instance.objectNode();
              ArrayNode rows = json.putArray("keys");
              Instant now = clock.instant();
              found.forEach(key -> rows.add(json(key, now)));
              return answer(200, json);
            });
  }

  private CompletableFuture<ApiResponse> revoke(ApiRequest request, Caller caller) {
    KeyId id = KeyId.parse(request.pathValue("key_id")).orElseThrow(KeyRoutes::unknown);
    return keys.get()
        .revoke(id)
        .thenApply(
            found -> {
              ApiKey key = found.orElseThrow(KeyRoutes::unknown);
              log.info("key {} of {} revoked by {}", id, key.owner(), caller.owner());
              return answer(200, json(key, clock.instant()));
            });
  }

  private static ProblemException unknown() {
    return Problem.of(404, "key_not_found", "Key not found", "There is no key of this id.")
        .asException();
  }

  private static ObjectNode json(ApiKey key, Instant now) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("key_id", key.id().toString())
        .put("owner", key.owner().name())
        .put("name", key.name());
    ArrayNode scopes = json.putArray("scopes");
    key.scopes().stream().sorted().forEach(scope -> scopes.add(scope.wireName()));
    return json.put("status", key.status(now).name().toLowerCase(Locale.ROOT))
        .put("created_at", key.createdAt().toString())
        .put("expires_at", key.expiresAt().map(Instant::toString).orElse(null))
        .put("revoked_at", key.revokedAt().map(Instant::toString).orElse(null));
  }

  private static ApiResponse answer(int status, ObjectNode json) {
    return ApiResponse.json(status, json.toString().getBytes(StandardCharsets.UTF_8))
        .with("Cache-Control", "no-store");
  }
}

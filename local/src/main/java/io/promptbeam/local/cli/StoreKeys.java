package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.access.IssuedKey;
import io.promptbeam.access.KeyRefusedException;
import io.promptbeam.access.KeyRequest;
import io.promptbeam.local.stack.Backends;
import io.promptbeam.store.BigtableJobStore;
import io.promptbeam.store.BigtableSchema;
import io.promptbeam.store.BigtableTarget;
import io.promptbeam.store.IssuedKeys;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.StoreUnavailableException;
import java.time.Clock;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CompletionException;

/** Makes keys in a store, past the service. */
final class StoreKeys {
  private StoreKeys() {}

  /** Answers as the service does. */
  static ObjectNode create(Backends backends, KeyRequest request) {
    BigtableTarget target =
        backends
            .store()
            .orElseThrow(
                () ->
                    CliException.usage(
                        "--in-store needs to know the store. Set BIGTABLE_EMULATOR_HOST, or give"
                            + " --project and --instance"));
    try {
      if (target instanceof BigtableTarget.Emulator) {
        BigtableSchema.createMissing(target, BigtableSchema.DEFAULT_RETENTION);
      }
      try (JobStore store = BigtableJobStore.open(target)) {
        return create(store, request);
      }
    } catch (StoreUnavailableException e) {
      throw CliException.environment(
          Objects.requireNonNullElse(e.getMessage(), "the store cannot be reached")
              + ". Is "
              + target
              + " there, with its tables?");
    }
  }

  /**
   * Answers as the service does.
   *
   * @throws StoreUnavailableException when the store cannot be reached
   */
  static ObjectNode create(JobStore store, KeyRequest request) {
    try {
      return json(new IssuedKeys(store.apiKeys(), Clock.systemUTC()).create(request).join());
    } catch (CompletionException e) {
      if (e.getCause() instanceof KeyRefusedException refused) {
        throw CliException.usage(String.valueOf(refused.getMessage()));
      }
      throw e.getCause() instanceof StoreUnavailableException unavailable ? unavailable : e;
    }
  }

  private static ObjectNode json(IssuedKey issued) {
    ObjectNode json = ServiceClient.JSON.createObjectNode();
    json.put("key_id", issued.key().id().toString());
    ArrayNode scopes = json.putArray("scopes");
    issued.key().scopes().stream().sorted().forEach(scope -> scopes.add(scope.wireName()));
    return json.put("expires_at", issued.key().expiresAt().map(Instant::toString).orElse(null))
        .put("key", issued.text().reveal());
  }
}

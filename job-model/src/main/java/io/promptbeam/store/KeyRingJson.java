package io.promptbeam.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.access.ApiKey;
import io.promptbeam.access.KeyId;
import io.promptbeam.access.KeyRing;
import io.promptbeam.access.Scope;
import io.promptbeam.job.Owner;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Key rings as JSON in UTF-8. Thread-safe.
 *
 * <p>Stored: do not change. A field may be added where its absence means what it meant before.
 * Decoding fails with {@link IllegalArgumentException}.
 */
final class KeyRingJson {
  private static final JsonMapper MAPPER = new JsonMapper();

  private KeyRingJson() {}

  static String encode(KeyRing ring) {
    ObjectNode json =
        MAPPER.createObjectNode().put("owner", ring.owner().name()).put("name", ring.name());
    ArrayNode keys = json.putArray("keys");
    for (ApiKey key : ring.keys()) {
      ObjectNode each =
          keys.addObject()
              .put("n", key.id().number())
              .put("sha256", key.sha256())
              .put("scopes", Scope.list(key.scopes()))
              .put("created_at", key.createdAt().toString());
      key.expiresAt().ifPresent(at -> each.put("expires_at", at.toString()));
      key.revokedAt().ifPresent(at -> each.put("revoked_at", at.toString()));
    }
    return json.toString();
  }

  static KeyRing decode(String stored, String version) {
    try {
      JsonNode json = MAPPER.readTree(stored);
      Owner owner = new Owner(json.path("owner").asText());
      String name = json.path("name").asText();
      String ring = KeyRing.idOf(owner, name);
      List<ApiKey> keys = new ArrayList<>();
      for (JsonNode key : json.path("keys")) {
        keys.add(
            new ApiKey(
                new KeyId(ring, key.path("n").asInt()),
                owner,
                name,
                scopes(key),
                key.path("sha256").asText(),
                Instant.parse(key.path("created_at").asText()),
                time(key.path("expires_at")),
                time(key.path("revoked_at"))));
      }
      return new KeyRing(owner, name, keys, version);
    } catch (IOException | DateTimeException e) {
      throw new IllegalArgumentException("a key ring cannot be read", e);
    }
  }

  private static Set<Scope> scopes(JsonNode key) {
    return Scope.parseList(key.path("scopes").asText())
        .orElseThrow(() -> new IllegalArgumentException("a key has an unknown scope"));
  }

  private static Optional<Instant> time(JsonNode node) {
    return node.isTextual() ? Optional.of(Instant.parse(node.asText())) : Optional.empty();
  }
}

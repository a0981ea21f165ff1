package io.promptbeam.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.job.Owner;
import io.promptbeam.notice.Delivery;
import io.promptbeam.notice.Notice;
import io.promptbeam.notice.Target;
import io.promptbeam.store.NoticeStore.Stored;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;

/**
 * Rows of {@code notices}.
 *
 * <p>Stored: old rows must stay readable.
 */
final class NoticeJson {
  private static final JsonMapper MAPPER = new JsonMapper();

  private NoticeJson() {}

  static String encode(Stored stored) {
    Delivery delivery = stored.delivery();
    ObjectNode json = MAPPER.createObjectNode();
    json.put("id", stored.notice().id());
    json.put("owner", stored.notice().owner().name());
    json.put("type", stored.notice().type());
    json.put("body", stored.notice().body());
    // Rows of before there were targets have none, and must be encoded as they are to be replaced.
    if (stored.notice().target() != Target.WEBHOOK) {
      json.put("target", stored.notice().target().wireName());
    }
    json.put("state", delivery.state().wireName());
    json.put("attempts", delivery.attempts());
    json.put("since", delivery.since().toString());
    json.put("at", delivery.at().toString());
    delivery.lastFailure().ifPresent(why -> json.put("last_failure", why));
    return json.put("v", stored.version()).toString();
  }

  /**
   * What a row says.
   *
   * @throws IllegalStateException when it cannot be read; a newer version may have written it
   */
  static Stored decode(String stored) {
    try {
      JsonNode json = MAPPER.readTree(stored);
      Delivery.State state =
          Delivery.State.parse(json.path("state").asText())
              .orElseThrow(() -> new IllegalArgumentException("no state"));
      Target target =
          Target.parse(json.path("target").asText(Target.WEBHOOK.wireName()))
              .orElseThrow(() -> new IllegalArgumentException("no target"));
      return new Stored(
          new Notice(
              json.path("id").asText(),
              new Owner(json.path("owner").asText()),
              json.path("type").asText(),
              json.path("body").asText(),
              target),
          new Delivery(
              state,
              json.path("attempts").asInt(),
              Instant.parse(json.path("since").asText()),
              Instant.parse(json.path("at").asText()),
              Optional.ofNullable(json.path("last_failure").textValue())),
          json.path("v").asText());
    } catch (JsonProcessingException | DateTimeException | IllegalArgumentException e) {
      throw new IllegalStateException("the row of a notice is unreadable", e);
    }
  }
}

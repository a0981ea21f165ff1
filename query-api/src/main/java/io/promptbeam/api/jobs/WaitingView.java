package io.promptbeam.api.jobs;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Why something waits, as JSON with every field, null when unset. Pure. */
public final class WaitingView {
  private WaitingView() {}

  public static ObjectNode json(Waiting waiting) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("reason", waiting.reason());
    json.put("message", waiting.message());
    json.put("position", boxed(waiting.position()));
    json.put("ahead_of_owner", boxed(waiting.aheadOfOwner()));
    json.put(
        "owner_share",
        waiting.ownerShare().isPresent() ? (Double) waiting.ownerShare().getAsDouble() : null);
    json.put("paused_until", waiting.pausedUntil().map(JobViews::wireTime).orElse(null));
    json.put("estimated_start_at", waiting.estimatedStartAt().map(JobViews::wireTime).orElse(null));
    json.put("estimated_end_at", waiting.estimatedEndAt().map(JobViews::wireTime).orElse(null));
    return json.put("not_before", waiting.notBefore().map(JobViews::wireTime).orElse(null));
  }

  private static @Nullable Long boxed(OptionalLong number) {
    return number.isPresent() ? (Long) number.getAsLong() : null;
  }
}

package io.promptbeam.notice;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.batch.Batch;
import io.promptbeam.job.Ending;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Sha256;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * That a batch or a job has ended, as a target is told. Of the same ending it is the same, byte for
 * byte, whoever makes it: receivers know a repetition by its id, which is the same for all targets.
 *
 * @param type such as {@code batch.completed}
 * @param body JSON, in the form of OpenAI's webhook events; a topic's also says whose it is
 */
public record Notice(String id, Owner owner, String type, String body, Target target) {
  private static final int ID_DIGITS = 32;
  private static final JsonMapper MAPPER = new JsonMapper();

  /** Of a batch that has ended, under the id its protocol gives it. */
  public static Notice of(Batch ended, Target target) {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("id", ended.spec().id().text(ended.spec().protocol()));
    Instant at = ended.run().endedAt().orElseThrow();
    String status = ended.run().status().wireName();
    if (target == Target.TOPIC) {
      data.put("status", status);
    }
    return of(ended.spec().owner(), "batch." + status, at, data, target);
  }

  /** Of a job that has ended; nothing of its request or its result. */
  public static Notice of(Job ended, Target target) {
    Ending ending = ended.run().ending().orElseThrow();
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("id", ended.spec().id().toString());
    data.put("status", ended.run().state().wireName());
    data.put("model", ended.spec().modelId());
    data.put("attempts", ended.run().attempt());
    data.put("error_code", ending.error().map(JobError::code).orElse(null));
    data.put("submitted_at", ended.spec().createdAt().getEpochSecond());
    String type = "job." + ended.run().state().wireName();
    return of(ended.spec().owner(), type, ending.at(), data, target);
  }

  private static Notice of(Owner owner, String type, Instant at, ObjectNode data, Target target) {
    // A webhook is its owner's; a topic is everybody's.
    if (target == Target.TOPIC) {
      data.put("owner", owner.name());
    }
    String id = id(type, data.path("id").asText());
    ObjectNode event = JsonNodeFactory.instance.objectNode();
    event.put("id", id).put("object", "event").put("type", type);
    event.put("created_at", at.getEpochSecond()).set("data", data);
    return new Notice(id, owner, type, event.toString(), target);
  }

  /** What tells it from that of the same ending for another target. Stored: do not change. */
  public String key() {
    return target == Target.WEBHOOK ? id : id + ":" + target.wireName();
  }

  /** Whose notices it waits with. */
  public NoticeLane lane() {
    return target == Target.WEBHOOK ? NoticeLane.webhook(owner) : NoticeLane.TOPIC;
  }

  /** The id of the job or the batch, as its callers know it. */
  public String subject() {
    try {
      return MAPPER.readTree(body).path("data").path("id").asText();
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("the body of " + id + " is no JSON", e);
    }
  }

  /** Stored, and remembered by receivers: do not change. */
  private static String id(String type, String subject) {
    String name = "promptbeam/notice\0" + type + "\0" + subject;
    return "evt_" + Sha256.hex(name.getBytes(StandardCharsets.UTF_8)).substring(0, ID_DIGITS);
  }
}

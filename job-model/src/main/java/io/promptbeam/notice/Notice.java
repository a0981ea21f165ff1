package io.promptbeam.notice;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.batch.Batch;
import io.promptbeam.job.Ending;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Sha256;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * That a batch or a job has ended, as a webhook is told. Of the same ending it is the same, byte
 * for byte, whoever makes it: receivers know a repetition by its id.
 *
 * @param type such as {@code batch.completed}
 * @param body JSON, in the form of OpenAI's webhook events
 */
public record Notice(String id, Owner owner, String type, String body) {
  private static final int ID_DIGITS = 32;

  /** Of a batch that has ended, under the id its protocol gives it. */
  public static Notice of(Batch ended) {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("id", ended.spec().id().text(ended.spec().protocol()));
    Instant at = ended.run().endedAt().orElseThrow();
    return of(ended.spec().owner(), "batch." + ended.run().status().wireName(), at, data);
  }

  /** Of a job that has ended; nothing of its request or its result. */
  public static Notice of(Job ended) {
    Ending ending = ended.run().ending().orElseThrow();
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("id", ended.spec().id().toString());
    data.put("status", ended.run().state().wireName());
    data.put("model", ended.spec().modelId());
    data.put("attempts", ended.run().attempt());
    data.put("error_code", ending.error().map(JobError::code).orElse(null));
    data.put("submitted_at", ended.spec().createdAt().getEpochSecond());
    String type = "job." + ended.run().state().wireName();
    return of(ended.spec().owner(), type, ending.at(), data);
  }

  private static Notice of(Owner owner, String type, Instant at, ObjectNode data) {
    String id = id(type, data.path("id").asText());
    ObjectNode event = JsonNodeFactory.instance.objectNode();
    event.put("id", id).put("object", "event").put("type", type);
    event.put("created_at", at.getEpochSecond()).set("data", data);
    return new Notice(id, owner, type, event.toString());
  }

  /** Stored, and remembered by receivers: do not change. */
  private static String id(String type, String subject) {
    String name = "promptbeam/notice\0" + type + "\0" + subject;
    return "evt_" + Sha256.hex(name.getBytes(StandardCharsets.UTF_8)).substring(0, ID_DIGITS);
  }
}

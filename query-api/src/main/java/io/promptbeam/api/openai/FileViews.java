package io.promptbeam.api.openai;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.batches.BatchState;
import io.promptbeam.batch.BatchRun;
import io.promptbeam.batch.StoredFile;
import java.time.Instant;
import java.util.Optional;

/** Files as JSON, with every key that clients know. Pure. */
final class FileViews {
  /** The purpose of what callers upload. */
  static final String BATCH = "batch";

  /** The purpose of what batches make. */
  static final String BATCH_OUTPUT = "batch_output";

  private FileViews() {}

  static ObjectNode json(StoredFile file) {
    return json(
        file.id().toString(),
        file.bytes(),
        new Period(file.createdAt(), file.expiresAt()),
        file.name(),
        file.purpose());
  }

  /**
   * A batch's output; still growing while the batch runs.
   *
   * @param bytes 0 where they are not counted
   */
  static ObjectNode json(OutputId id, BatchState batch, long bytes) {
    BatchRun run = batch.batch().run();
    Instant createdAt = run.startedAt().orElse(batch.batch().spec().createdAt());
    Optional<Instant> expiresAt = OutputFiles.expiresAt(batch);
    String name =
        "batch_" + id.batch().hex() + (id.kind() == OutputId.Kind.OUTPUT ? "_output" : "_error");
    return json(
        id.toString(), bytes, new Period(createdAt, expiresAt), name + ".jsonl", BATCH_OUTPUT);
  }

  private record Period(Instant createdAt, Optional<Instant> expiresAt) {}

  private static ObjectNode json(
      String id, long bytes, Period period, String name, String purpose) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("id", id);
    json.put("object", "file");
    json.put("bytes", bytes);
    json.put("created_at", period.createdAt().getEpochSecond());
    json.put("expires_at", period.expiresAt().map(Instant::getEpochSecond).orElse(null));
    json.put("filename", name);
    json.put("purpose", purpose);
    json.put("status", "processed");
    return json.putNull("status_details");
  }
}

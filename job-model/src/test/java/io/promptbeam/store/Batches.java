package io.promptbeam.store;

import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.FileId;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** Batches and files to test with. */
final class Batches {
  private Batches() {}

  static BatchSpec spec(BatchId id, Owner owner, BatchProtocol protocol, Instant createdAt) {
    return new BatchSpec(
        id,
        owner,
        protocol,
        new FileId(id.hex()),
        "/v1/chat/completions",
        "24h",
        Map.of("team", "ä"),
        createdAt,
        createdAt.plus(Duration.ofDays(1)),
        Optional.of(Duration.ofHours(2)),
        Optional.of("ab".repeat(32)),
        Optional.empty());
  }

  static JobSpec line(BatchSpec batch, int number) {
    return TestJobs.spec(
        new BatchLine(batch.id(), number).jobId(),
        batch.owner(),
        batch.createdAt(),
        "mock",
        JobLabels.ofType(JobLabels.GENERIC));
  }

  static StoredFile file(Owner owner, String purpose, Instant createdAt, int chunks) {
    return new StoredFile(
        FileId.random(), owner, "a.jsonl", purpose, 10, chunks, true, createdAt, Optional.empty());
  }
}

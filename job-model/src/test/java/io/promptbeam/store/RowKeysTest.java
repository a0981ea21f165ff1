package io.promptbeam.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.FileId;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.Owner;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RowKeysTest {
  private static final JobId ID =
      new JobId(UUID.fromString("0d9f6a7e-58a3-4c1b-9d68-2f1f6a1b7c13"));
  private static final Owner OWNER = new Owner("team.a");
  private static final JobSpec SPEC =
      TestJobs.spec(OWNER, Instant.parse("2026-11-23T10:00:00.123Z"));

  @Test
  void keys_areTheseTexts() {
    JobSpec spec = TestJobs.spec(ID, OWNER, SPEC.createdAt(), SPEC.modelId(), SPEC.labels());
    assertThat(RowKeys.job(ID)).isEqualTo("0d9f6a7e-58a3-4c1b-9d68-2f1f6a1b7c13");
    assertThat(RowKeys.byOwner(OWNER, ListPosition.of(spec)))
        .isEqualTo("team.a#3#8204571999876#0d9f6a7e-58a3-4c1b-9d68-2f1f6a1b7c13");
    assertThat(RowKeys.due(new DueEntry(ID, spec.createdAt())))
        .isEqualTo("3#1795428000123#0d9f6a7e-58a3-4c1b-9d68-2f1f6a1b7c13");
  }

  @Test
  void keysOfBatchesAndFiles_areTheseTexts() {
    BatchId batch = new BatchId("0123456789abcdef01234567");
    BatchLine line = new BatchLine(batch, 300);
    BatchSpec spec = Batches.spec(batch, OWNER, BatchProtocol.ANTHROPIC, SPEC.createdAt());
    FileId file = new FileId(batch.hex());
    StoredFile stored =
        new StoredFile(file, OWNER, "n", "batch", 1, 1, true, SPEC.createdAt(), Optional.empty());
    assertThat(RowKeys.job(line.jobId()))
        .isEqualTo("cdbb#0123456789abcdef01234567#000001#00000300");
    assertThat(RowKeys.parseJob(RowKeys.job(line.jobId()))).contains(line.jobId());
    assertThat(RowKeys.batch(batch)).isEqualTo("0123456789abcdef01234567");
    assertThat(RowKeys.plan(batch, 12)).isEqualTo("0123456789abcdef01234567#000012");
    assertThat(RowKeys.segmentColumn(12)).isEqualTo("000012");
    assertThat(RowKeys.batchByOwner(spec))
        .isEqualTo("team.a#anthropic#8204571999876#0123456789abcdef01234567");
    assertThat(RowKeys.file(file)).isEqualTo("0123456789abcdef01234567");
    assertThat(RowKeys.fileByOwner(stored))
        .isEqualTo("team.a#8204571999876#0123456789abcdef01234567");
    assertThat(RowKeys.chunk(file, 7)).isEqualTo("0123456789abcdef01234567#00000007");
  }

  @Test
  void parsing_isTheInverse() {
    Random random = new Random(11);
    for (int i = 0; i < 1_000; i++) {
      Instant createdAt = Instant.ofEpochMilli(random.nextLong(ListPosition.MAX_MILLIS + 1));
      JobId id = new JobId(new UUID(random.nextLong(), random.nextLong()));
      JobSpec spec = TestJobs.spec(id, OWNER, createdAt, SPEC.modelId(), SPEC.labels());
      ListPosition position = ListPosition.of(spec);
      assertThat(RowKeys.parseJob(RowKeys.job(id))).contains(id);
      assertThat(RowKeys.parseByOwner(RowKeys.byOwner(OWNER, position))).contains(position);
      DueEntry due = new DueEntry(id, createdAt);
      assertThat(RowKeys.parseDue(RowKeys.due(due))).contains(due);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "#", "a#1#2#3", "3#12#0d9f6a7e-58a3-4c1b-9d68-2f1f6a1b7c13"})
  void parsing_isEmpty_whenTheKeyIsNotOurs(String key) {
    assertThat(RowKeys.parseJob(key)).isEmpty();
    assertThat(RowKeys.parseByOwner(key)).isEmpty();
    assertThat(RowKeys.parseDue(key)).isEmpty();
  }

  @Test
  void keysOfABucket_areOrderedAsPositionsAre() {
    Random random = new Random(12);
    List<ListPosition> positions = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      positions.add(
          new ListPosition(
              random.nextInt(50), new JobId(new UUID(random.nextLong(), random.nextLong()))));
    }
    List<String> keys =
        positions.stream().sorted().map(p -> RowKeys.byOwnerAt(OWNER, 0, p)).toList();
    assertThat(keys).isSorted();
    assertThat(keys)
        .allMatch(key -> key.compareTo(RowKeys.byOwnerPrefix(OWNER, 0)) > 0)
        .allMatch(key -> key.compareTo(RowKeys.byOwnerEnd(OWNER, 0)) < 0);
  }

  @Test
  void rangesInTime_includeTheirMillisecond() {
    String key = RowKeys.byOwnerAt(OWNER, 0, new ListPosition(1_000, ID));
    assertThat(RowKeys.byOwnerFrom(OWNER, 0, 1_000)).isLessThan(key);
    assertThat(RowKeys.byOwnerFrom(OWNER, 0, 999)).isGreaterThan(key);
    assertThat(RowKeys.byOwnerThrough(OWNER, 0, 1_000)).isGreaterThan(key);
    assertThat(RowKeys.byOwnerThrough(OWNER, 0, 1_001)).isLessThan(key);
  }

  @Test
  void dueEntries_areReadUpToTheirMillisecond() {
    String key = RowKeys.due(new DueEntry(ID, Instant.ofEpochMilli(1_000)));
    int bucket = RowKeys.bucket(ID);
    assertThat(RowKeys.duePrefix(bucket)).isLessThan(key);
    assertThat(RowKeys.dueAt(bucket, Instant.ofEpochMilli(1_000))).isGreaterThan(key);
    assertThat(RowKeys.dueAt(bucket, Instant.ofEpochMilli(999))).isLessThan(key);
    assertThat(RowKeys.dueAt(bucket, Instant.ofEpochMilli(Long.MAX_VALUE)))
        .as("far beyond what a key can hold")
        .isGreaterThan(key);
  }

  @Test
  void buckets_areFilledEvenly() {
    int[] jobs = new int[RowKeys.BUCKETS];
    for (int i = 0; i < 8_000; i++) {
      jobs[RowKeys.bucket(JobId.forIdempotencyKey(OWNER, "key-" + i))]++;
    }
    for (int inBucket : jobs) {
      assertThat(inBucket).isBetween(800, 1_200);
    }
  }
}

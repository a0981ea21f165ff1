package io.promptbeam.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class BatchIdsTest {
  private static final BatchId BATCH = new BatchId("0123456789abcdef01234567");

  private static BatchId seeded(Random random) {
    return new BatchId(
        String.format(
            Locale.ROOT, "%08x%08x%08x", random.nextInt(), random.nextInt(), random.nextInt()));
  }

  @Test
  void ids_areTheseTexts() {
    assertThat(new BatchLine(BATCH, 0).jobId()).hasToString("01234567-89ab-8cde-bc04-8d159c000000");
    assertThat(new BatchLine(BATCH, 999_999).jobId())
        .hasToString("01234567-89ab-8cde-bc04-8d159c0f423f");
    assertThat(BatchLine.dueIdOf(BATCH)).hasToString("01234567-89ab-8cde-bc04-8d159e000007");
    assertThat(BatchId.forIdempotencyKey(new Owner("team.a"), "key-1").hex())
        .isEqualTo("a5195b699214de4ce88cd316");
    assertThat(BATCH.text(BatchProtocol.OPENAI)).isEqualTo("batch_0123456789abcdef01234567");
    assertThat(BATCH.text(BatchProtocol.ANTHROPIC)).isEqualTo("msgbatch_0123456789abcdef01234567");
    assertThat(new FileId(BATCH.hex())).hasToString("file-0123456789abcdef01234567");
  }

  @Test
  void line_isFoundInItsJobsId() {
    Random random = new Random(5);
    for (int i = 0; i < 5_000; i++) {
      BatchLine line = new BatchLine(seeded(random), random.nextInt(BatchLine.MAX_LINES));
      assertThat(BatchLine.of(line.jobId())).contains(line);
      assertThat(BatchLine.batchOfDueId(line.jobId())).isEmpty();
      assertThat(JobId.parse(line.jobId().toString())).contains(line.jobId());
      JobId due = BatchLine.dueIdOf(line.batch());
      assertThat(BatchLine.batchOfDueId(due)).contains(line.batch());
      assertThat(BatchLine.of(due)).isEmpty();
    }
  }

  @Test
  void extremes_areKept() {
    for (String hex : new String[] {"0".repeat(24), "f".repeat(24)}) {
      for (int number : new int[] {0, 255, 256, BatchLine.MAX_LINES - 1}) {
        BatchLine line = new BatchLine(new BatchId(hex), number);
        assertThat(BatchLine.of(line.jobId())).contains(line);
      }
    }
    assertThatThrownBy(() -> new BatchLine(BATCH, BatchLine.MAX_LINES))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void otherJobs_areOfNoBatch() {
    Random random = new Random(6);
    for (int i = 0; i < 1_000; i++) {
      JobId random4 = JobId.random();
      JobId keyed = JobId.forIdempotencyKey(new Owner("a"), "k" + i);
      JobId ours = new JobId(UUID.nameUUIDFromBytes(new byte[] {(byte) random.nextInt()}));
      for (JobId id : new JobId[] {random4, keyed, ours}) {
        assertThat(BatchLine.of(id)).isEmpty();
        assertThat(BatchLine.batchOfDueId(id)).isEmpty();
      }
    }
  }

  @Test
  void batchId_isReadOnlyWithItsProtocolsPrefix() {
    String text = BATCH.text(BatchProtocol.OPENAI);
    assertThat(BatchId.parse(text, BatchProtocol.OPENAI)).contains(BATCH);
    assertThat(BatchId.parse(text, BatchProtocol.ANTHROPIC)).isEmpty();
    assertThat(BatchId.parse("msg" + text, BatchProtocol.ANTHROPIC)).contains(BATCH);
    for (String wrong :
        new String[] {"", "batch_", text + "0", text.toUpperCase(Locale.ROOT), text + "\n"}) {
      assertThat(BatchId.parse(wrong, BatchProtocol.OPENAI)).as(wrong).isEmpty();
    }
    assertThat(FileId.parse("file-" + BATCH.hex())).contains(new FileId(BATCH.hex()));
    assertThat(FileId.parse(BATCH.hex())).isEmpty();
  }

  @Test
  void segments_haveTheirLines() {
    assertThat(new BatchLine(BATCH, 255).segment()).isZero();
    assertThat(BatchLine.first(BATCH, 1)).isEqualTo(new BatchLine(BATCH, 256));
    assertThat(BatchLine.segments(0)).isZero();
    assertThat(BatchLine.segments(256)).isEqualTo(1);
    assertThat(BatchLine.segments(257)).isEqualTo(2);
  }
}

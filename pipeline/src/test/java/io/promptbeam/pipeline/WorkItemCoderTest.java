package io.promptbeam.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.batch.BatchId;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Usage;
import io.promptbeam.message.JobReference;
import io.promptbeam.pipeline.engine.JobOutcome;
import io.promptbeam.pipeline.engine.SegmentItem;
import io.promptbeam.pipeline.engine.SingleJob;
import io.promptbeam.pipeline.engine.WorkItem;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.beam.sdk.util.CoderUtils;
import org.junit.jupiter.api.Test;

class WorkItemCoderTest {
  private static final WorkItem ITEM =
      new SingleJob(
          new JobReference(
              new JobId(UUID.fromString("00112233-4455-4677-8899-aabbccddeeff")),
              new Owner("ada"),
              "m",
              Priority.BATCH,
              300,
              2,
              Optional.of("00-ab-cd-01")));

  @Test
  void item_survivesARoundTrip() throws Exception {
    byte[] bytes = CoderUtils.encodeToByteArray(new WorkItemCoder(), ITEM);
    assertThat(CoderUtils.decodeFromByteArray(new WorkItemCoder(), bytes)).isEqualTo(ITEM);
  }

  @Test
  void item_isReadFromTheBytesOfARunningPipeline() throws Exception {
    byte[] stored =
        HexFormat.of()
            .parseHex(
                "01"
                    + "00112233445546778899aabbccddeeff"
                    + "0003616461"
                    + "00016d"
                    + "00056261746368"
                    + "000000000000012c"
                    + "00000002"
                    + "000b30302d61622d63642d3031");
    assertThat(CoderUtils.decodeFromByteArray(new WorkItemCoder(), stored)).isEqualTo(ITEM);
  }

  @Test
  void item_isTheseBytes() throws Exception {
    byte[] stored =
        HexFormat.of()
            .parseHex(
                "02"
                    + "00112233445546778899aabbccddeeff"
                    + "0003616461"
                    + "00016d"
                    + "00056261746368"
                    + "000000000000012c"
                    + "0000000000000064"
                    + "00000002"
                    + "000b30302d61622d63642d3031");
    WorkItem apart =
        new SingleJob(
            new JobReference(
                new JobId(UUID.fromString("00112233-4455-4677-8899-aabbccddeeff")),
                new Owner("ada"),
                "m",
                Priority.BATCH,
                300,
                100,
                2,
                Optional.of("00-ab-cd-01")));
    assertThat(CoderUtils.decodeFromByteArray(new WorkItemCoder(), stored)).isEqualTo(apart);
    assertThat(CoderUtils.encodeToByteArray(new WorkItemCoder(), apart)).isEqualTo(stored);
  }

  private static final WorkItem SEGMENT =
      new SegmentItem(
          new BatchId("00112233445566778899aabb"),
          2,
          new Owner("ada"),
          "m",
          new int[] {512, 515},
          new int[] {7, 300},
          new int[] {100, 65_536});

  @Test
  void segment_isTheseBytes() throws Exception {
    byte[] stored =
        HexFormat.of()
            .parseHex(
                "0300000032"
                    + "0018303031313232333334343535363637373838393961616262"
                    + "00000002"
                    + "0003616461"
                    + "00016d"
                    + "0002"
                    + "80040764"
                    + "03ac02808004");
    assertThat(CoderUtils.encodeToByteArray(new WorkItemCoder(), SEGMENT)).isEqualTo(stored);
    assertThat(CoderUtils.decodeFromByteArray(new WorkItemCoder(), stored)).isEqualTo(SEGMENT);
  }

  @Test
  void segment_isReadToItsEndAndNoFurther_whenMoreFollows() throws Exception {
    var out = new ByteArrayOutputStream();
    new WorkItemCoder().encode(SEGMENT, out);
    new WorkItemCoder().encode(ITEM, out);
    var in = new ByteArrayInputStream(out.toByteArray());
    assertThat(new WorkItemCoder().decode(in)).isEqualTo(SEGMENT);
    assertThat(new WorkItemCoder().decode(in)).isEqualTo(ITEM);
    assertThat(in.available()).isZero();
  }

  @Test
  void segment_survivesARoundTrip_whenItIsFull() throws Exception {
    int[] lines = IntStream.range(256, 512).toArray();
    WorkItem full = new SegmentItem(BatchId.random(), 1, Owner.LOCAL, "größe", lines, lines, lines);
    byte[] bytes = CoderUtils.encodeToByteArray(new WorkItemCoder(), full);
    WorkItem read = CoderUtils.decodeFromByteArray(new WorkItemCoder(), bytes);
    assertThat(read).isEqualTo(full);
    assertThat(read.jobs()).isEqualTo(full.jobs());
    assertThat(read.tokensOf(read.jobs().get(255))).isEqualTo(2 * 511);
  }

  @Test
  void segment_isNotHalfRead_whenItsBytesAreCutShort() throws Exception {
    byte[] bytes = CoderUtils.encodeToByteArray(new WorkItemCoder(), SEGMENT);
    byte[] half = Arrays.copyOf(bytes, bytes.length - 1);
    assertThatThrownBy(() -> new WorkItemCoder().decode(new ByteArrayInputStream(half)))
        .isInstanceOf(IOException.class);
  }

  @Test
  void decode_saysSo_whenTheKindIsUnknown() {
    assertThatThrownBy(
            () -> new WorkItemCoder().decode(new ByteArrayInputStream(new byte[] {9, 0, 0})))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("unknown kind of work item: 9");
  }

  @Test
  void outcome_survivesARoundTrip() throws Exception {
    var outcome =
        new JobOutcome(
            JobId.random(),
            Owner.LOCAL,
            "m",
            JobState.FAILED,
            3,
            new Usage(1, 2, 3, 4),
            new BigDecimal("0.00012"),
            "timeout",
            1_234);
    byte[] bytes = CoderUtils.encodeToByteArray(new JobOutcomeCoder(), outcome);
    assertThat(CoderUtils.decodeFromByteArray(new JobOutcomeCoder(), bytes)).isEqualTo(outcome);
  }
}

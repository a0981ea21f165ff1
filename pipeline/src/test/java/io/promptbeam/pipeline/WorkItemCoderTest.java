package io.promptbeam.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.job.JobId;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Usage;
import io.promptbeam.message.JobReference;
import io.promptbeam.pipeline.engine.JobOutcome;
import io.promptbeam.pipeline.engine.SingleJob;
import io.promptbeam.pipeline.engine.WorkItem;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;
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

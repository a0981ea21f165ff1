package io.promptbeam.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class FlinkArgumentsTest {
  private static final String[] EMULATORS = {
    "--bigtable=emulator://127.0.0.1:1", "--pubsubEmulator=127.0.0.1:2", "--models=models.yaml"
  };

  private static FlinkLlmJobOptions parse(String... more) {
    List<String> all = new ArrayList<>(Arrays.asList(EMULATORS));
    all.addAll(Arrays.asList(more));
    return FlinkArguments.parse(all.toArray(String[]::new));
  }

  @Test
  void embedded_isComplete_whenOnlyServersAndModelsAreNamed() {
    FlinkLlmJobOptions options = parse();
    assertThat(options.getFlinkMaster()).isEqualTo("[local]");
    assertThat(options.getAttachedMode()).isTrue();
    assertThat(options.isStreaming()).isTrue();
    assertThat(options.getSweepEverythingAtStart()).isTrue();
    assertThat(options.getCheckpointingInterval()).isEqualTo(10_000);
    assertThat(options.getCheckpointingMode()).isEqualTo("AT_LEAST_ONCE");
    assertThat(options.getStateBackendStoragePath()).startsWith("file:/");
    assertThat(options.getJobsSubscription())
        .isEqualTo("projects/promptbeam-local/subscriptions/promptbeam-jobs-pipeline");
  }

  @Test
  void defaults_giveWay_whenOptionsAreGiven() {
    FlinkLlmJobOptions options =
        parse(
            "--checkpointingInterval=500",
            "--checkpointingMode=EXACTLY_ONCE",
            "--objectReuse=false",
            "--checkpoints=/var/checkpoints",
            "--sweepEverythingAtStart=false");
    assertThat(options.getCheckpointingInterval()).isEqualTo(500);
    assertThat(options.getCheckpointingMode()).isEqualTo("EXACTLY_ONCE");
    assertThat(options.getObjectReuse()).isFalse();
    assertThat(options.getStateBackendStoragePath()).isEqualTo("file:///var/checkpoints");
    assertThat(options.getSweepEverythingAtStart()).isFalse();
  }

  @Test
  void clusterJob_outlivesItsLauncherAndKeepsTheClustersCheckpoints_whenAMasterIsNamed() {
    FlinkLlmJobOptions options = parse("--flinkMaster=10.0.0.1:8081", "--checkpoints=gs://b/dir");
    assertThat(options.getAttachedMode()).isFalse();
    assertThat(options.getSweepEverythingAtStart()).isFalse();
    assertThat(options.getStateBackendStoragePath()).isEqualTo("gs://b/dir");
    assertThat(parse("--flinkMaster=10.0.0.1:8081").getStateBackend()).isNull();
  }

  @Test
  void restore_doesNotSweepEverything_whenASavepointIsNamed() {
    assertThat(parse("--savepointPath=/s").getSweepEverythingAtStart()).isFalse();
  }

  @Test
  void parse_saysWhatIsWrong_whenAnOptionIs() {
    refused("--bigtable is missing");
    refused("--models is missing", "--bigtable=emulator://127.0.0.1:1");
    refused("--jobsSubscription is missing", "--bigtable=emulator://h:1", "--models=m");
    refused("bigtable://PROJECT/INSTANCE", "--bigtable=h:1");
    refusedWithServers("projects/PROJECT/subscriptions/NAME, not 'x'", "--jobsSubscription=x");
    refusedWithServers("projects/PROJECT/topics/NAME, not 'x'", "--deadLetterTopic=x");
    refusedWithServers("--flinkMaster is HOST:PORT", "--flinkMaster=local");
    refusedWithServers("--shards no less", "--parallelism=4", "--shards=3");
    refusedWithServers("--checkpointingInterval", "--checkpointingInterval=-1");
    refusedWithServers("Did you mean", "--checkpoint=x");
  }

  @Test
  void help_namesEveryOptionOfOurs() {
    assertThat(Help.text())
        .contains("--bigtable\n", "--checkpoints\n", "--sweepSeconds (default: 10)")
        .contains("--checkpointingInterval (default: 10000)");
  }

  private static void refusedWithServers(String because, String... more) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> parse(more))
        .withMessageContaining(because);
  }

  private static void refused(String because, String... args) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FlinkArguments.parse(args))
        .withMessageContaining(because);
  }
}

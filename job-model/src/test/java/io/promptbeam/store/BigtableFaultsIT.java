package io.promptbeam.store;

import static io.promptbeam.store.TestJobs.T0;
import static io.promptbeam.store.TestJobs.prompt;
import static io.promptbeam.store.TestJobs.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.cloud.bigtable.emulator.v2.Emulator;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Transition;
import io.promptbeam.store.JobStore.Creation;
import io.promptbeam.testing.FaultyProxy;
import io.promptbeam.testing.FaultyProxy.Mode;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The real store over a connection that goes wrong. */
@Timeout(60)
class BigtableFaultsIT {
  private final Owner owner = new Owner("o");
  private Emulator emulator;
  private FaultyProxy proxy;
  private JobStore store;
  private JobStore direct;

  @BeforeEach
  void open() throws Exception {
    emulator = Emulator.createBundled();
    emulator.start();
    var target = new BigtableTarget.Emulator("127.0.0.1", emulator.getPort());
    BigtableSchema.createMissing(target, BigtableSchema.DEFAULT_RETENTION);
    proxy = FaultyProxy.to("127.0.0.1", emulator.getPort());
    direct = BigtableJobStore.open(target);
    // One connection, and that one made: a second would wait for the server's greeting.
    store =
        BigtableJobStore.open(
            new BigtableTarget.Emulator("127.0.0.1", proxy.port()),
            new BigtableJobStore.Options(false, 1, 2_000));
    store.ping().get(30, TimeUnit.SECONDS);
  }

  @AfterEach
  void close() throws Exception {
    store.close();
    direct.close();
    proxy.close();
    emulator.stop();
  }

  private static JobRun claimed(Job job) {
    var event = new JobEvent.Claim("t", Duration.ofMinutes(1));
    Transition transition = job.run().apply(event, job.spec().limits(), job.spec().createdAt());
    return ((Transition.Moved) transition).next();
  }

  private Job stored(JobSpec spec) {
    return direct.read(spec.id(), Set.of()).join().orElseThrow();
  }

  private void awaitVersionAfter(Job job) {
    while (stored(job.spec()).version().equals(job.version())) {
      Thread.onSpinWait();
    }
  }

  /** Drops what was on its way, as the end of a connection does. */
  private void reconnect() throws Exception {
    proxy.mode(Mode.RESET);
    proxy.mode(Mode.PASS);
  }

  @Test
  void write_isKnownToBeDone_whenOnlyItsAnswerWasLost() throws Exception {
    Job job = direct.create(spec(owner, T0), prompt("?")).join().job();
    proxy.mode(Mode.FREEZE_ANSWERS);
    var write = store.compareAndSet(job, claimed(job), Optional.empty());
    awaitVersionAfter(job);
    assertThat(write).isNotDone();
    reconnect();
    assertThat(write.get(60, TimeUnit.SECONDS)).contains(stored(job.spec()).version());
  }

  @Test
  void write_isKnownToHaveLost_whenAnotherCameFirst() throws Exception {
    Job job = direct.create(spec(owner, T0), prompt("?")).join().job();
    proxy.mode(Mode.HANG);
    var write = store.compareAndSet(job, claimed(job), Optional.empty());
    assertThat(direct.compareAndSet(job, claimed(job), Optional.empty()).join()).isPresent();
    reconnect();
    assertThat(write.get(60, TimeUnit.SECONDS)).isEmpty();
  }

  @Test
  void write_isMadeAgain_whenItNeverArrived() throws Exception {
    Job job = direct.create(spec(owner, T0), prompt("?")).join().job();
    proxy.mode(Mode.HANG);
    var write = store.compareAndSet(job, claimed(job), Optional.empty());
    reconnect();
    assertThat(write.get(60, TimeUnit.SECONDS)).contains(stored(job.spec()).version());
    assertThat(stored(job.spec()).run()).isEqualTo(claimed(job));
  }

  @Test
  void creation_makesOneJob_whenTheAnswerToItsLastRowIsLost() throws Exception {
    JobSpec spec = spec(owner, T0);
    proxy.mode(Mode.FREEZE_ANSWERS);
    CompletableFuture<Creation> creation = store.create(spec, prompt("?"));
    // Its first rows are known to be written only when their answers come.
    while (direct
        .due(DueEntry.first(spec).bucket(), T0.plusSeconds(60), Optional.empty(), 10)
        .join()
        .isEmpty()) {
      Thread.onSpinWait();
    }
    reconnect();
    Creation made = creation.get(60, TimeUnit.SECONDS);
    assertThat(made.created()).isTrue();
    assertThat(stored(spec)).isEqualTo(made.job());
    assertThat(direct.list(owner, JobFilter.ALL, 10, Optional.empty()).join().jobs()).hasSize(1);
  }

  @Test
  void everything_failsAsUnavailable_andWorksAgain_whenTheStoreWasAway() throws Exception {
    JobSpec spec = spec(owner, T0);
    proxy.mode(Mode.REFUSE);
    assertThatThrownBy(() -> store.create(spec, prompt("?")).get(60, TimeUnit.SECONDS))
        .hasCauseInstanceOf(StoreUnavailableException.class);
    assertThatThrownBy(() -> store.ping().get(60, TimeUnit.SECONDS))
        .hasCauseInstanceOf(StoreUnavailableException.class);
    assertThat(direct.read(spec.id(), Set.of()).join()).as("no half of a job").isEmpty();
    proxy.mode(Mode.PASS);
    while (store.ping().handle((done, failure) -> failure != null).join()) {
      Thread.onSpinWait();
    }
    assertThat(store.create(spec, prompt("?")).join().created()).isTrue();
  }
}

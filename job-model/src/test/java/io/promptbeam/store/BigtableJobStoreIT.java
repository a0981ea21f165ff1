package io.promptbeam.store;

import static io.promptbeam.store.TestJobs.T0;
import static io.promptbeam.store.TestJobs.prompt;
import static io.promptbeam.store.TestJobs.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.cloud.bigtable.admin.v2.BigtableTableAdminClient;
import com.google.cloud.bigtable.admin.v2.models.CreateTableRequest;
import com.google.cloud.bigtable.data.v2.BigtableDataClient;
import com.google.cloud.bigtable.data.v2.models.Row;
import com.google.cloud.bigtable.data.v2.models.RowCell;
import com.google.cloud.bigtable.data.v2.models.RowMutation;
import com.google.cloud.bigtable.emulator.v2.Emulator;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobSpec;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class BigtableJobStoreIT extends JobListContract {
  private static Emulator emulator;
  private static BigtableTarget target;
  private static BigtableDataClient raw;

  @BeforeAll
  static void startEmulator() throws Exception {
    emulator = Emulator.createBundled();
    emulator.start();
    target = new BigtableTarget.Emulator("127.0.0.1", emulator.getPort());
    BigtableSchema.createMissing(target, BigtableSchema.DEFAULT_RETENTION);
    raw = BigtableClients.data(target, BigtableJobStore.Options.DEFAULT);
  }

  @AfterAll
  static void stopEmulator() {
    raw.close();
    emulator.stop();
  }

  @Override
  JobStore open(Clock cellClock, int listScanBudget) {
    var options = new BigtableJobStore.Options(false, 1, listScanBudget);
    return BigtableJobStore.open(target, options, cellClock);
  }

  @Test
  void dueEntry_outlivesNobody_whenACreationTakesVeryLong() {
    JobSpec spec = spec(owner, T0);
    Iterator<Instant> times = List.of(T0, T0, T0, T0.plus(Duration.ofHours(7))).iterator();
    Clock stalling =
        new Clock() {
          @Override
          public Instant instant() {
            return times.hasNext() ? times.next() : T0.plus(Duration.ofHours(7));
          }

          @Override
          public ZoneId getZone() {
            return ZoneOffset.UTC;
          }

          @Override
          public Clock withZone(ZoneId zone) {
            return this;
          }
        };
    try (JobStore stalled = open(stalling, 10)) {
      assertThat(stalled.create(spec, prompt("?")).join().created()).isTrue();
    }
    Row row = raw.readRow(BigtableSchema.JOBS_DUE, RowKeys.due(DueEntry.first(spec)));
    assertThat(row).as("written again, at the later time").isNotNull();
    assertThat(row.getCells().stream().mapToLong(RowCell::getTimestamp).max())
        .hasValue(T0.plus(Duration.ofHours(7)).toEpochMilli() * 1_000);
  }

  @Test
  void create_replacesWhatIsLeftOfACollectedJob() {
    JobSpec spec = spec(owner, T0);
    completed(created(spec), "{\"old\":true}");
    raw.mutateRow(
        RowMutation.create(BigtableSchema.JOBS, RowKeys.job(spec.id()))
            .deleteCells(BigtableSchema.STATE, BigtableSchema.SPEC));
    assertThat(store.read(spec.id(), ALL_PARTS).join()).isEmpty();
    assertThat(store.list(owner, JobFilter.ALL, 10, Optional.empty()).join().jobs()).isEmpty();

    created(spec);

    Job read = store.read(spec.id(), ALL_PARTS).join().orElseThrow();
    assertThat(read.result()).isEmpty();
    assertThat(read.request()).isPresent();
  }

  @Test
  void bulkRead_leavesOutARowThatCannotBeRead() {
    JobSpec good = spec(owner, T0);
    JobSpec bad = spec(owner, T0);
    created(good);
    created(bad);
    raw.mutateRow(
        RowMutation.create(BigtableSchema.JOBS, RowKeys.job(bad.id()))
            .setCell(BigtableSchema.STATE, "run", "{\"state\":\"from the future\"}"));
    assertThat(store.read(List.of(good.id(), bad.id()), ALL_PARTS).join())
        .containsOnlyKeys(good.id());
  }

  @Test
  void cells_keepOneVersion_whenWrittenAgain() {
    Job ended = completed(created(spec(owner, T0)), "{}");
    Row row = raw.readRow(BigtableSchema.JOBS, RowKeys.job(ended.spec().id()));
    assertThat(row).isNotNull();
    assertThat(row.getCells(BigtableSchema.STATE)).hasSize(3);
  }

  @Test
  void createMissing_isIdempotent_alsoAtOnce() {
    var elsewhere =
        new BigtableTarget.Emulator("127.0.0.1", emulator.getPort(), "promptbeam-local", "other");
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      all.add(
          CompletableFuture.runAsync(
              () -> BigtableSchema.createMissing(elsewhere, Duration.ofHours(1))));
    }
    all.forEach(CompletableFuture::join);
    BigtableSchema.createMissing(elsewhere, Duration.ofHours(1));
    try (JobStore other = BigtableJobStore.open(elsewhere)) {
      assertThat(other.create(spec(owner, T0), prompt("?")).join().created()).isTrue();
    }
  }

  @Test
  void createMissing_addsFamilies_whenATableHasFewer() throws IOException {
    var older =
        new BigtableTarget.Emulator("127.0.0.1", emulator.getPort(), "promptbeam-local", "older");
    try (BigtableTableAdminClient admin = BigtableClients.admin(older)) {
      admin.createTable(CreateTableRequest.of("jobs").addFamily(BigtableSchema.STATE));
      BigtableSchema.createMissing(admin, Duration.ofHours(1));
      assertThat(admin.getTable("jobs").getColumnFamilies()).hasSize(3);
      assertThat(admin.listTables())
          .contains("jobs", "jobs_by_owner", "jobs_due", "quotas", "usage");
    }
  }

  @Test
  void everything_failsAsUnavailable_whenTablesAreMissing() {
    var empty =
        new BigtableTarget.Emulator("127.0.0.1", emulator.getPort(), "promptbeam-local", "empty");
    try (JobStore other = BigtableJobStore.open(empty)) {
      assertUnavailable(other.create(spec(owner, T0), prompt("?")));
      assertUnavailable(other.read(JobId.random(), Set.of()));
      assertUnavailable(other.list(owner, JobFilter.ALL, 1, Optional.empty()));
      assertUnavailable(other.ping());
    }
  }

  @Test
  void everything_failsAsUnavailable_whenClosed() {
    JobStore closed = BigtableJobStore.open(target);
    closed.close();
    assertUnavailable(closed.read(JobId.random(), Set.of()));
    assertUnavailable(closed.create(spec(owner, T0), prompt("?")));
  }

  private static void assertUnavailable(CompletableFuture<?> call) {
    assertThatThrownBy(call::join)
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(StoreUnavailableException.class);
  }
}

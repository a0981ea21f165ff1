package io.promptbeam.store;

import com.google.cloud.bigtable.data.v2.models.ConditionalRowMutation;
import com.google.cloud.bigtable.data.v2.models.Filters.Filter;
import com.google.cloud.bigtable.data.v2.models.Mutation;
import com.google.cloud.bigtable.data.v2.models.Row;
import com.google.cloud.bigtable.data.v2.models.RowCell;
import com.google.cloud.bigtable.data.v2.models.RowMutation;
import com.google.cloud.bigtable.data.v2.models.RowMutationEntry;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Mutations that write a job's rows, and jobs read from rows.
 *
 * <p>A cell is always deleted and set in one mutation: Bigtable shows the cell with the highest
 * timestamp, so a plain write from a machine whose clock is behind would stay invisible.
 */
final class JobRows {
  private static final Logger log = LoggerFactory.getLogger(JobRows.class);

  private static final Filter STATE_ONLY = Cells.newestOf(BigtableSchema.STATE);
  private static final Filter WITH_REQUEST =
      Cells.any(STATE_ONLY, Cells.newestOf(BigtableSchema.REQUEST));
  private static final Filter WITH_RESULT =
      Cells.any(STATE_ONLY, Cells.newestOf(BigtableSchema.RESULT));

  /** Reads the version column alone. */
  static final Filter VERSION_ONLY = Cells.newestOf(BigtableSchema.STATE, BigtableSchema.VERSION);

  /** Reads the run alone. */
  static final Filter RUN_ONLY = Cells.newestOf(BigtableSchema.STATE, BigtableSchema.RUN);

  private static final Duration BEFORE_ANY_WORK = Duration.ofHours(1);
  private static final ByteString NEW_RUN = bytes(JobJson.encode(JobRun.NEW));
  private static final ByteString NEW_VERSION = ByteString.copyFromUtf8("0");

  private final Clock clock;

  JobRows(Clock clock) {
    this.clock = clock;
  }

  RowMutationEntry ownerEntry(JobSpec spec) {
    return RowMutationEntry.create(RowKeys.byOwner(spec.owner(), ListPosition.of(spec)))
        .setCell(
            BigtableSchema.ENTRY,
            BigtableSchema.JSON,
            timestampMicros(spec),
            bytes(OwnerIndexEntry.of(spec).encode()));
  }

  /**
   * Writes the job if there is none. The condition looks at the spec, the cell that is collected
   * first, and what may be left of a collected job goes with the new one's row.
   */
  ConditionalRowMutation creation(JobSpec spec, byte[] request, String version) {
    long micros = timestampMicros(spec);
    Mutation row =
        Mutation.create()
            .deleteRow()
            .setCell(BigtableSchema.STATE, BigtableSchema.SPEC, micros, bytes(JobJson.encode(spec)))
            .setCell(
                BigtableSchema.STATE, BigtableSchema.RUN, micros, bytes(JobJson.encode(JobRun.NEW)))
            .setCell(
                BigtableSchema.STATE,
                BigtableSchema.VERSION,
                micros,
                ByteString.copyFromUtf8(version))
            .setCell(BigtableSchema.REQUEST, BigtableSchema.JSON, micros, bytes(request));
    return ConditionalRowMutation.create(BigtableSchema.JOBS, RowKeys.job(spec.id()))
        .condition(Cells.newestOf(BigtableSchema.STATE, BigtableSchema.SPEC))
        .otherwise(row);
  }

  /**
   * Writes a line of a batch that nobody has touched yet. Its cells are older than any that a
   * worker writes, however its clock goes: written once more, late, they stay invisible.
   */
  RowMutationEntry line(JobSpec spec, byte[] request) {
    long micros =
        Math.multiplyExact(spec.createdAt().minus(BEFORE_ANY_WORK).toEpochMilli(), 1_000L);
    return RowMutationEntry.create(RowKeys.job(spec.id()))
        .setCell(BigtableSchema.STATE, BigtableSchema.SPEC, micros, bytes(JobJson.encode(spec)))
        .setCell(BigtableSchema.STATE, BigtableSchema.RUN, micros, NEW_RUN)
        .setCell(BigtableSchema.STATE, BigtableSchema.VERSION, micros, NEW_VERSION)
        .setCell(BigtableSchema.REQUEST, BigtableSchema.JSON, micros, bytes(request));
  }

  /** Replaces the run if the version is still {@code current}'s. */
  ConditionalRowMutation replacement(
      Job current, JobRun next, Optional<byte[]> result, String version) {
    long micros = timestampMicros();
    Mutation change =
        Mutation.create()
            .deleteCells(BigtableSchema.STATE, BigtableSchema.RUN)
            .setCell(BigtableSchema.STATE, BigtableSchema.RUN, micros, bytes(JobJson.encode(next)))
            .deleteCells(BigtableSchema.STATE, BigtableSchema.VERSION)
            .setCell(
                BigtableSchema.STATE,
                BigtableSchema.VERSION,
                micros,
                ByteString.copyFromUtf8(version));
    if (next.erased()) {
      change.deleteFamily(BigtableSchema.REQUEST).deleteFamily(BigtableSchema.RESULT);
      if (BatchLine.of(current.spec().id()).isPresent()) {
        // An expansion that was thought dead may write the line once more: below this cell.
        change.setCell(BigtableSchema.REQUEST, BigtableSchema.JSON, micros, ByteString.EMPTY);
      }
    } else if (result.isPresent()) {
      change
          .deleteFamily(BigtableSchema.RESULT)
          .setCell(BigtableSchema.RESULT, BigtableSchema.JSON, micros, bytes(result.get()));
    }
    Filter unchanged = Cells.ofValue(VERSION_ONLY, ByteString.copyFromUtf8(current.version()));
    return ConditionalRowMutation.create(BigtableSchema.JOBS, RowKeys.job(current.spec().id()))
        .condition(unchanged)
        .then(change);
  }

  static RowMutation ownerRemoval(JobSpec spec) {
    return RowMutation.create(
            BigtableSchema.JOBS_BY_OWNER, RowKeys.byOwner(spec.owner(), ListPosition.of(spec)))
        .deleteRow();
  }

  /** What to read of a job's row for {@code parts}. */
  static Filter filter(Set<JobStore.Part> parts) {
    boolean request = parts.contains(JobStore.Part.REQUEST);
    boolean result = parts.contains(JobStore.Part.RESULT);
    if (request && result) {
      return Cells.NEWEST;
    }
    return request ? WITH_REQUEST : result ? WITH_RESULT : STATE_ONLY;
  }

  /**
   * Empty for what is left of a collected job, and, with a line in the log, for a row that cannot
   * be read, so that one bad row does not fail a bulk read.
   */
  static Optional<Job> toJob(Row row) {
    byte @Nullable [] spec = null;
    byte @Nullable [] run = null;
    @Nullable String version = null;
    Optional<byte[]> request = Optional.empty();
    Optional<byte[]> result = Optional.empty();
    for (RowCell cell : row.getCells()) {
      byte[] value = cell.getValue().toByteArray();
      switch (cell.getFamily()) {
        case BigtableSchema.REQUEST ->
            request = value.length == 0 ? Optional.empty() : Optional.of(value);
        case BigtableSchema.RESULT -> result = Optional.of(value);
        default -> {
          if (cell.getQualifier().equals(BigtableSchema.SPEC)) {
            spec = value;
          } else if (cell.getQualifier().equals(BigtableSchema.RUN)) {
            run = value;
          } else if (cell.getQualifier().equals(BigtableSchema.VERSION)) {
            version = cell.getValue().toStringUtf8();
          }
        }
      }
    }
    if (spec == null || run == null || version == null) {
      return Optional.empty();
    }
    try {
      Optional<LlmRequest> decoded = request.map(JobJson::decodeRequest);
      return Optional.of(
          new Job(JobJson.decodeSpec(spec), JobJson.decodeRun(run), version, decoded, result));
    } catch (IllegalArgumentException e) {
      log.error("job {} cannot be read: {}", row.getKey().toStringUtf8(), e.getMessage());
      return Optional.empty();
    }
  }

  /** Of a row read by {@link #RUN_ONLY}; empty for one that nobody has worked on, or can read. */
  static Optional<JobRun> run(Row row) {
    ByteString run = row.getCells().get(0).getValue();
    if (run.equals(NEW_RUN)) {
      return Optional.empty();
    }
    try {
      return Optional.of(JobJson.decodeRun(run.toByteArray()));
    } catch (IllegalArgumentException e) {
      log.error("job {} cannot be read: {}", row.getKey().toStringUtf8(), e.getMessage());
      return Optional.empty();
    }
  }

  static Optional<String> version(Iterable<Row> rows) {
    for (Row row : rows) {
      for (RowCell cell : row.getCells()) {
        return Optional.of(cell.getValue().toStringUtf8());
      }
    }
    return Optional.empty();
  }

  /** What is to start later is kept as long as if it were submitted then. */
  private long timestampMicros(JobSpec spec) {
    long start = spec.limits().notBefore().map(Instant::toEpochMilli).orElse(0L);
    return Math.multiplyExact(Math.max(clock.millis(), start), 1_000L);
  }

  /** Bigtable takes microseconds in steps of a millisecond. */
  private long timestampMicros() {
    return Math.multiplyExact(clock.millis(), 1_000L);
  }

  private static ByteString bytes(byte[] value) {
    return UnsafeByteOperations.unsafeWrap(value);
  }
}

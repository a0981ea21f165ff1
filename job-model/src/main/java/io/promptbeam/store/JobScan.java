package io.promptbeam.store;

import com.google.api.gax.retrying.RetrySettings;
import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.ServerStream;
import com.google.cloud.bigtable.data.v2.BigtableDataClient;
import com.google.cloud.bigtable.data.v2.BigtableDataSettings;
import com.google.cloud.bigtable.data.v2.models.KeyOffset;
import com.google.cloud.bigtable.data.v2.models.Query;
import com.google.cloud.bigtable.data.v2.models.Row;
import io.promptbeam.batch.BatchId;
import io.promptbeam.job.Job;
import io.promptbeam.job.Owner;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Reads many jobs with their results, as long as it takes, for exports: rows are streamed, and as
 * few are in memory as the connection reads ahead. Every read blocks until the last row was handed
 * over, and fails with {@link StoreUnavailableException}; then some rows may have been handed over.
 * Rows that cannot be read are logged and left out. Thread-safe.
 */
public final class JobScan implements AutoCloseable {
  /** An owner's jobs are in so many parts, numbered from 0, to be read beside each other. */
  public static final int OWNER_PARTS = RowKeys.BUCKETS;

  private static final int KEYS_PER_READ = 200;
  private static final Duration PER_REQUEST = Duration.ofMinutes(30);
  private static final Duration PER_SCAN = Duration.ofHours(12);

  /** Keys begin with hexadecimal digits, of something random or hashed. */
  private static final String BEFORE_ALL = "0";

  private static final String AFTER_ALL = "g";
  private static final int PREFIXES = 256;

  /**
   * Neighbouring rows.
   *
   * @param start the first key, or before it
   * @param end after the last key
   */
  public record KeyRange(String start, String end) {}

  private final BigtableDataClient client;
  private final JobStore store;

  private JobScan(BigtableDataClient client) {
    this.client = client;
    this.store =
        new BigtableJobStore(
            new ClientCalls(client),
            Clock.systemUTC(),
            ConditionalWrite.Pauses.REAL,
            "scan-",
            BigtableJobStore.Options.DEFAULT.listScanBudget());
  }

  /** Does not connect yet. */
  public static JobScan open(BigtableTarget target) {
    BigtableDataSettings.Builder settings =
        BigtableClients.settings(target, BigtableJobStore.Options.DEFAULT, List.of()).toBuilder();
    var reads = settings.stubSettings().readRowsSettings();
    RetrySettings patient =
        reads.getRetrySettings().toBuilder()
            .setTotalTimeoutDuration(PER_SCAN)
            .setInitialRpcTimeoutDuration(PER_REQUEST)
            .setMaxRpcTimeoutDuration(PER_REQUEST)
            .build();
    reads.setRetrySettings(patient);
    try {
      return new JobScan(BigtableDataClient.create(settings.build()));
    } catch (IOException e) {
      throw new StoreUnavailableException("Cannot open a Bigtable client for " + target, e);
    }
  }

  /** The batches of the same instance, over the same connections; not to be written to. */
  public BatchStore batches() {
    return store.batches();
  }

  /** All jobs in parts that may be read beside each other, cut where Bigtable cuts them, too. */
  public List<KeyRange> ranges() {
    TreeSet<String> cuts = new TreeSet<>();
    for (int prefix = 0; prefix < PREFIXES; prefix++) {
      cuts.add(HexFormat.of().toHexDigits((byte) prefix));
    }
    for (KeyOffset sample : translated(() -> client.sampleRowKeys(BigtableSchema.JOBS))) {
      cuts.add(sample.getKey().toStringUtf8());
    }
    cuts.add(BEFORE_ALL);
    List<String> keys = List.copyOf(cuts.subSet(BEFORE_ALL, true, AFTER_ALL, false));
    List<KeyRange> ranges = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      ranges.add(new KeyRange(keys.get(i), i + 1 < keys.size() ? keys.get(i + 1) : AFTER_ALL));
    }
    return ranges;
  }

  /**
   * The jobs of a range that are wanted, in the order of their keys.
   *
   * @param wanted asked with neither request nor result, before those are read; the job may have
   *     gone on when it is found
   */
  public void jobs(
      KeyRange range, Predicate<Job> wanted, Set<JobStore.Part> parts, Consumer<Job> found) {
    List<String> keys = new ArrayList<>(KEYS_PER_READ);
    Query states =
        Query.create(BigtableSchema.JOBS)
            .range(range.start(), range.end())
            .filter(JobRows.filter(Set.of()));
    stream(
        states,
        row -> {
          if (JobRows.toJob(row).filter(wanted).isPresent()) {
            keys.add(row.getKey().toStringUtf8());
          }
          if (keys.size() == KEYS_PER_READ) {
            read(keys, parts, found);
            keys.clear();
          }
        });
    read(keys, parts, found);
  }

  /** The lines of a batch's segment, in order. */
  public void lines(BatchId batch, int segment, Set<JobStore.Part> parts, Consumer<Job> found) {
    stream(
        Query.create(BigtableSchema.JOBS)
            .range(RowKeys.segmentPrefix(batch, segment), RowKeys.segmentEnd(batch, segment))
            .filter(JobRows.filter(parts)),
        row -> JobRows.toJob(row).ifPresent(found));
  }

  /**
   * An owner's jobs of a time, in no order, but for lines of batches.
   *
   * @param part of the owner's jobs, below {@link #OWNER_PARTS}
   * @param from of creation, inclusive
   * @param to of creation, exclusive
   */
  public void owned(
      Owner owner,
      int part,
      Instant from,
      Instant to,
      Set<JobStore.Part> parts,
      Consumer<Job> found) {
    Map<String, ListPosition> positions = new LinkedHashMap<>();
    Consumer<Job> checked =
        job -> {
          Instant created = job.spec().createdAt();
          // An index row may be left of a creation that came second, at another time.
          boolean listed =
              job.spec().owner().equals(owner)
                  && ListPosition.of(job.spec())
                      .equals(positions.get(RowKeys.job(job.spec().id())));
          if (listed && !created.isBefore(from) && created.isBefore(to)) {
            found.accept(job);
          }
        };
    Query index =
        Query.create(BigtableSchema.JOBS_BY_OWNER)
            .range(
                RowKeys.byOwnerFrom(owner, part, ListPosition.millis(to)),
                RowKeys.byOwnerThrough(owner, part, ListPosition.millis(from)))
            .filter(Cells.NEWEST);
    stream(
        index,
        row -> {
          RowKeys.parseByOwner(row.getKey().toStringUtf8())
              .ifPresent(position -> positions.put(RowKeys.job(position.id()), position));
          if (positions.size() == KEYS_PER_READ) {
            read(List.copyOf(positions.keySet()), parts, checked);
            positions.clear();
          }
        });
    read(List.copyOf(positions.keySet()), parts, checked);
  }

  private void read(List<String> keys, Set<JobStore.Part> parts, Consumer<Job> found) {
    if (keys.isEmpty()) {
      return;
    }
    Query query = Query.create(BigtableSchema.JOBS).filter(JobRows.filter(parts));
    keys.forEach(query::rowKey);
    stream(query, row -> JobRows.toJob(row).ifPresent(found));
  }

  private void stream(Query query, Consumer<Row> each) {
    ServerStream<Row> rows = client.readRows(query);
    boolean whole = false;
    try {
      for (Row row : rows) {
        each.accept(row);
      }
      whole = true;
    } catch (ApiException e) {
      throw unavailable(e);
    } finally {
      if (!whole) {
        rows.cancel();
      }
    }
  }

  private static <T> T translated(Supplier<T> call) {
    try {
      return call.get();
    } catch (ApiException e) {
      throw unavailable(e);
    }
  }

  private static StoreUnavailableException unavailable(ApiException e) {
    return new StoreUnavailableException(
        "Bigtable did not serve the scan: " + e.getStatusCode().getCode(), e);
  }

  @Override
  public void close() {
    store.close();
  }
}

package io.promptbeam.store;

import static com.google.cloud.bigtable.admin.v2.models.GCRules.GCRULES;

import com.google.api.gax.rpc.AlreadyExistsException;
import com.google.api.gax.rpc.ApiException;
import com.google.cloud.bigtable.admin.v2.BigtableTableAdminClient;
import com.google.cloud.bigtable.admin.v2.models.ColumnFamily;
import com.google.cloud.bigtable.admin.v2.models.CreateTableRequest;
import com.google.cloud.bigtable.admin.v2.models.GCRules.GCRule;
import com.google.cloud.bigtable.admin.v2.models.ModifyColumnFamiliesRequest;
import com.google.cloud.bigtable.data.v2.models.TableId;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Tables, families and columns, and their creation.
 *
 * <p>Stored: names do not change.
 */
public final class BigtableSchema {
  /**
   * How long anything is kept after it was written, where nothing else is said: longer than the 30
   * days that a batch may take, or its rows would go before it has ended.
   */
  public static final Duration DEFAULT_RETENTION = Duration.ofDays(45);

  /** How long a day's usage is kept: a year and a month to look at it. */
  static final Duration USAGE_RETENTION = Duration.ofDays(400);

  /** A row per job. */
  static final TableId JOBS = TableId.of("jobs");

  /** A small row per job, under its owner, newest first. */
  static final TableId JOBS_BY_OWNER = TableId.of("jobs_by_owner");

  /** A row per job that has not ended, under the time somebody must look at it. */
  static final TableId JOBS_DUE = TableId.of("jobs_due");

  /** A row per quota that workers share. */
  static final TableId QUOTAS = TableId.of("quotas");

  /** A row per owner and day. */
  static final TableId USAGE = TableId.of("usage");

  /** A row per owner with limits: counters. */
  static final TableId OWNERS = TableId.of("owners");

  /** A row per model and worker: what waits there, and why. */
  static final TableId LANES = TableId.of("lanes");

  /** A row per request that may be answered from an earlier answer: which job has it, or will. */
  static final TableId ANSWERS = TableId.of("answers");

  /** A row per batch: itself, and a column per segment. */
  static final TableId BATCHES = TableId.of("batches");

  /** A small row per batch, under its owner, newest first. */
  static final TableId BATCHES_BY_OWNER = TableId.of("batches_by_owner");

  /** A row per segment of a batch: what it is worked off by. */
  static final TableId BATCH_PLANS = TableId.of("batch_plans");

  /** A row per file. */
  static final TableId FILES = TableId.of("files");

  /** A small row per file, under its owner, newest first. */
  static final TableId FILES_BY_OWNER = TableId.of("files_by_owner");

  /** A row per piece of a file. */
  static final TableId FILE_CHUNKS = TableId.of("file_chunks");

  /** A row per notice: what is to be sent, and how far that is. */
  static final TableId NOTICES = TableId.of("notices");

  /** A row per notice that is to be sent, under its owner and the time somebody must look at it. */
  static final TableId NOTICES_DUE = TableId.of("notices_due");

  /** A row per owner and name of API keys, and one for the secret that processes share. */
  static final TableId API_KEYS = TableId.of("api_keys");

  /** Of {@link #BATCHES}: a column per segment that has begun. */
  static final String SEGMENTS = "g";

  /** Of {@link #BATCHES}, in {@link #STATE}: present once no more segments may begin. */
  static final ByteString CUT = ByteString.copyFromUtf8("cut");

  /** Of {@link #JOBS} and {@link #BATCHES}: spec, run and version. */
  static final String STATE = "s";

  static final ByteString SPEC = ByteString.copyFromUtf8("spec");
  static final ByteString RUN = ByteString.copyFromUtf8("run");
  static final ByteString VERSION = ByteString.copyFromUtf8("v");

  /** Of {@link #JOBS}: the request, apart because few reads want it. */
  static final String REQUEST = "q";

  /** Of {@link #JOBS}: the result. */
  static final String RESULT = "r";

  /** Of the other tables. */
  static final String ENTRY = "e";

  /** Of {@link #QUOTAS}: counters, heartbeats, holds and what is agreed. */
  static final String QUOTA = "q";

  /** Of {@link #USAGE}: what was counted, a column per counter and model. */
  static final String USAGE_COUNTERS = "u";

  /** Of {@link #USAGE}: how many changes each writer has made. */
  static final String USAGE_WRITERS = "w";

  /** Of {@link #USAGE}: what is taken of the day's budget, and by whom. */
  static final String USAGE_BUDGET = "b";

  /** The one column of {@link #REQUEST}, {@link #RESULT} and {@link #ENTRY}. */
  static final ByteString JSON = ByteString.copyFromUtf8("json");

  /** Of {@link #API_KEYS}: the one column of the row for the secret. */
  static final ByteString SECRET = ByteString.copyFromUtf8("secret");

  /** Of {@link #OWNERS}: what stands until it is changed. */
  static final String OWNER_COUNTS = "c";

  /** Of {@link #OWNERS}: a column per minute. */
  static final String OWNER_MINUTES = "m";

  private static final GCRule NEWEST = GCRULES.maxVersions(1);

  private static final Map<TableId, List<String>> FAMILIES =
      Map.of(
          JOBS, List.of(STATE, REQUEST, RESULT),
          JOBS_BY_OWNER, List.of(ENTRY),
          JOBS_DUE, List.of(ENTRY),
          ANSWERS, List.of(ENTRY),
          BATCHES, List.of(STATE, SEGMENTS),
          BATCHES_BY_OWNER, List.of(ENTRY),
          BATCH_PLANS, List.of(ENTRY),
          FILES, List.of(ENTRY),
          FILES_BY_OWNER, List.of(ENTRY),
          FILE_CHUNKS, List.of(ENTRY));

  private BigtableSchema() {}

  /**
   * {@link #createMissing(BigtableTableAdminClient, Duration)} with a client of its own.
   *
   * @throws StoreUnavailableException when the instance cannot be reached
   */
  public static void createMissing(BigtableTarget target, Duration retention) {
    createIn(target, admin -> createMissing(admin, retention));
  }

  /**
   * The tables of an emulator that ends with this process: nothing is collected for its age, since
   * the emulator would look through all rows about once a second, which with 300,000 of them took
   * three quarters of its time.
   *
   * @throws StoreUnavailableException when the emulator cannot be reached
   */
  public static void createEmbedded(BigtableTarget.Emulator target) {
    createIn(target, admin -> create(admin, Optional.empty()));
  }

  private static void createIn(BigtableTarget target, Consumer<BigtableTableAdminClient> create) {
    try (BigtableTableAdminClient admin = BigtableClients.admin(target)) {
      create.accept(admin);
    } catch (IOException | ApiException e) {
      throw new StoreUnavailableException("Cannot create the tables in " + target, e);
    }
  }

  /**
   * Creates the tables and families that are not there and leaves the others as they are. Blocks.
   * May run in several processes at once.
   *
   * @param retention how long a cell is kept after it was written, but for quotas and usage;
   *     Bigtable counts whole seconds
   */
  public static void createMissing(BigtableTableAdminClient admin, Duration retention) {
    if (retention.toSeconds() < 1) {
      throw new IllegalArgumentException("retention must be a second or more");
    }
    create(
        admin,
        Optional.of(
            GCRULES
                .union()
                .rule(GCRULES.maxVersions(1))
                .rule(GCRULES.maxAge(retention.toSeconds(), TimeUnit.SECONDS))));
  }

  /**
   * @param rule of the tables that hold one version of each cell anyway; empty: keep all
   */
  private static void create(BigtableTableAdminClient admin, Optional<GCRule> rule) {
    FAMILIES.forEach((table, families) -> createMissing(admin, table, families, rule));
    createMissing(admin, NOTICES, List.of(ENTRY), rule);
    createMissing(admin, NOTICES_DUE, List.of(ENTRY), rule);
    createMissing(admin, OWNERS, List.of(OWNER_COUNTS), Optional.of(NEWEST));
    createMissing(
        admin, OWNERS, List.of(OWNER_MINUTES), Optional.of(newestFor(Duration.ofHours(1))));
    createMissing(admin, LANES, List.of(ENTRY), Optional.of(newestFor(Duration.ofHours(1))));
    // A key that is forgotten would lock its holder out, and a revoked one has to stay so.
    createMissing(admin, API_KEYS, List.of(ENTRY), Optional.of(NEWEST));
    // A counter that is forgotten would begin again at 0, before what is agreed.
    createMissing(admin, QUOTAS, List.of(QUOTA), Optional.of(NEWEST));
    createMissing(
        admin,
        USAGE,
        List.of(USAGE_COUNTERS, USAGE_WRITERS, USAGE_BUDGET),
        Optional.of(newestFor(USAGE_RETENTION)));
  }

  private static GCRule newestFor(Duration age) {
    return GCRULES.union().rule(NEWEST).rule(GCRULES.maxAge(age.toSeconds(), TimeUnit.SECONDS));
  }

  private static void createMissing(
      BigtableTableAdminClient admin, TableId table, List<String> families, Optional<GCRule> rule) {
    CreateTableRequest request = CreateTableRequest.of(table.getTableId());
    for (String family : families) {
      rule.ifPresentOrElse(r -> request.addFamily(family, r), () -> request.addFamily(family));
    }
    try {
      admin.createTable(request);
      return;
    } catch (AlreadyExistsException e) {
      // Made earlier, perhaps by an older version with fewer families.
    }
    Set<String> present =
        admin.getTable(table.getTableId()).getColumnFamilies().stream()
            .map(ColumnFamily::getId)
            .collect(Collectors.toSet());
    for (String family : families) {
      if (!present.contains(family)) {
        addFamily(admin, table, family, rule);
      }
    }
  }

  private static void addFamily(
      BigtableTableAdminClient admin, TableId table, String family, Optional<GCRule> rule) {
    var request = ModifyColumnFamiliesRequest.of(table.getTableId());
    rule.ifPresentOrElse(r -> request.addFamily(family, r), () -> request.addFamily(family));
    try {
      admin.modifyFamilies(request);
    } catch (AlreadyExistsException e) {
      // Another process was faster.
    }
  }
}

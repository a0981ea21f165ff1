package io.promptbeam.store;

import com.google.cloud.bigtable.data.v2.models.ConditionalRowMutation;
import com.google.cloud.bigtable.data.v2.models.Mutation;
import com.google.cloud.bigtable.data.v2.models.Query;
import com.google.cloud.bigtable.data.v2.models.Range.ByteStringRange;
import com.google.cloud.bigtable.data.v2.models.Row;
import com.google.cloud.bigtable.data.v2.models.RowMutation;
import com.google.protobuf.ByteString;
import io.promptbeam.notice.Delivery;
import io.promptbeam.notice.Notice;
import io.promptbeam.notice.NoticeLane;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tables {@code notices}, whose rows are one cell each, replaced by compare-and-set on its
 * value, and {@code notices_due}. At no moment is a notice that waits without an entry, but between
 * the two writes of a {@link #put} that nobody was told of yet.
 */
final class BigtableNoticeStore implements NoticeStore {
  private static final Logger LOG = LoggerFactory.getLogger(BigtableNoticeStore.class);
  private static final String PRESENT = "{}";

  private final BigtableCalls calls;
  private final Clock clock;
  private final ConditionalWrite.Pauses pauses;
  private final Supplier<String> versions;

  /**
   * @param versions each unlike any other there ever is
   */
  BigtableNoticeStore(
      BigtableCalls calls, Clock clock, ConditionalWrite.Pauses pauses, Supplier<String> versions) {
    this.calls = calls;
    this.clock = clock;
    this.pauses = pauses;
    this.versions = versions;
  }

  @Override
  public CompletableFuture<Void> put(Notice notice, Instant now) {
    Stored fresh = new Stored(notice, Delivery.first(now), versions.get());
    return BigtableCalls.translated(
        write(fresh, Optional.empty())
            .thenCompose(
                created ->
                    created
                        ? CompletableFuture.completedFuture(Optional.of(fresh))
                        : readRow(notice.key()).thenApply(found -> found.map(NoticeJson::decode)))
            .thenCompose(
                stands ->
                    stands
                        .filter(stored -> stored.delivery().isWaiting())
                        .map(stored -> add(stored.due()))
                        .orElseGet(() -> CompletableFuture.completedFuture(null))));
  }

  @Override
  public CompletableFuture<Optional<NoticeLane>> nextLane(Optional<NoticeLane> after) {
    ByteStringRange range = ByteStringRange.unbounded();
    if (after.isPresent()) {
      range = range.startOpen(ByteString.copyFromUtf8(RowKeys.noticesEnd(after.get())));
    }
    return BigtableCalls.translated(
        entries(Query.create(BigtableSchema.NOTICES_DUE).range(range).limit(1))
            .thenApply(found -> found.stream().findFirst().map(DueNotice::lane)));
  }

  @Override
  public CompletableFuture<List<DueNotice>> due(NoticeLane lane, Instant until, int limit) {
    ByteStringRange range =
        ByteStringRange.unbounded()
            .startClosed(ByteString.copyFromUtf8(RowKeys.noticesPrefix(lane)))
            .endClosed(ByteString.copyFromUtf8(RowKeys.noticesUntil(lane, until)));
    return BigtableCalls.translated(
        entries(Query.create(BigtableSchema.NOTICES_DUE).range(range).limit(limit)));
  }

  private CompletableFuture<List<DueNotice>> entries(Query query) {
    return calls
        .read(query)
        .thenApply(
            rows -> {
              List<DueNotice> entries = new ArrayList<>(rows.size());
              for (Row row : rows) {
                String key = row.getKey().toStringUtf8();
                RowKeys.parseNoticeDue(key)
                    .ifPresentOrElse(
                        entries::add, () -> LOG.error("no entry of a notice has the key {}", key));
              }
              return entries;
            });
  }

  @Override
  public CompletableFuture<Optional<Stored>> read(String key) {
    return BigtableCalls.translated(readRow(key).thenApply(found -> found.map(NoticeJson::decode)));
  }

  @Override
  public CompletableFuture<Optional<Stored>> replace(Stored current, Delivery next) {
    Stored written = new Stored(current.notice(), next, versions.get());
    CompletableFuture<Void> found =
        next.isWaiting() ? add(written.due()) : CompletableFuture.completedFuture(null);
    return BigtableCalls.translated(
        found
            .thenCompose(added -> write(written, Optional.of(current)))
            .thenCompose(
                done ->
                    done
                        ? removeOld(current, written).thenApply(removed -> Optional.of(written))
                        : CompletableFuture.completedFuture(Optional.empty())));
  }

  /** Nothing depends on it: an entry that stays is mended when it is found. */
  private CompletableFuture<Void> removeOld(Stored before, Stored now) {
    boolean same = now.delivery().isWaiting() && now.due().equals(before.due());
    return same
        ? CompletableFuture.completedFuture(null)
        : remove(before.due()).exceptionally(failure -> null);
  }

  @Override
  public CompletableFuture<Void> mend(DueNotice entry, Optional<Stored> found) {
    Optional<DueNotice> right =
        found.filter(stored -> stored.delivery().isWaiting()).map(Stored::due);
    if (right.equals(Optional.of(entry))) {
      return CompletableFuture.completedFuture(null);
    }
    CompletableFuture<Void> added =
        right.map(this::add).orElseGet(() -> CompletableFuture.completedFuture(null));
    return BigtableCalls.translated(added.thenCompose(done -> remove(entry)));
  }

  private CompletableFuture<Void> add(DueNotice entry) {
    return calls.mutate(
        RowMutation.create(BigtableSchema.NOTICES_DUE, RowKeys.noticeDue(entry))
            .setCell(BigtableSchema.ENTRY, BigtableSchema.JSON.toStringUtf8(), micros(), PRESENT));
  }

  private CompletableFuture<Void> remove(DueNotice entry) {
    return calls.mutate(
        RowMutation.create(BigtableSchema.NOTICES_DUE, RowKeys.noticeDue(entry)).deleteRow());
  }

  private CompletableFuture<Boolean> write(Stored next, Optional<Stored> instead) {
    String after = NoticeJson.encode(next);
    Optional<String> before = instead.map(NoticeJson::encode);
    ConditionalRowMutation mutation = replacement(next.notice().key(), before, after);
    return new ConditionalWrite(
            () ->
                calls.checkAndMutate(mutation).thenApply(matched -> matched == before.isPresent()),
            () -> readRow(next.notice().key()),
            before,
            after,
            pauses)
        .run();
  }

  private ConditionalRowMutation replacement(String key, Optional<String> before, String after) {
    Mutation change =
        Mutation.create()
            .deleteRow()
            .setCell(BigtableSchema.ENTRY, BigtableSchema.JSON.toStringUtf8(), micros(), after);
    ConditionalRowMutation mutation =
        ConditionalRowMutation.create(BigtableSchema.NOTICES, RowKeys.notice(key));
    return before.isEmpty()
        ? mutation.condition(Cells.NEWEST).otherwise(change)
        : mutation
            .condition(Cells.ofValue(Cells.NEWEST, ByteString.copyFromUtf8(before.get())))
            .then(change);
  }

  private long micros() {
    return Math.multiplyExact(clock.millis(), 1_000L);
  }

  private CompletableFuture<Optional<String>> readRow(String key) {
    return calls
        .read(Query.create(BigtableSchema.NOTICES).rowKey(RowKeys.notice(key)).filter(Cells.NEWEST))
        .thenApply(JobRows::version);
  }
}

package io.promptbeam.store;

import io.promptbeam.notice.Delivery;
import io.promptbeam.notice.Notice;
import io.promptbeam.notice.NoticeLane;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The outbox of notices: what webhooks and the topic are to be told. Thread-safe, never blocks;
 * futures fail as those of {@link JobStore}.
 */
public interface NoticeStore {
  /**
   * Keeps a notice, to be sent at once, if it has not been kept already: one that was sent stays
   * sent. May be repeated. Once it completes, the notice will be found.
   */
  CompletableFuture<Void> put(Notice notice, Instant now);

  /** The first lane after {@code after} of which there is an entry, due or not. */
  CompletableFuture<Optional<NoticeLane>> nextLane(Optional<NoticeLane> after);

  /**
   * What is due of one lane, earliest first.
   *
   * @param until entries at that time or before
   */
  CompletableFuture<List<DueNotice>> due(NoticeLane lane, Instant until, int limit);

  /** The notice of a {@link Notice#key}. Empty when there is none; fails when it cannot be read. */
  CompletableFuture<Optional<Stored>> read(String key);

  /**
   * Replaces the delivery, if {@code current} is still what stands there.
   *
   * @return what stands there now, or empty when somebody else's write came first
   */
  CompletableFuture<Optional<Stored>> replace(Stored current, Delivery next);

  /** Removes an entry that is not what {@code found}, read after it, says. */
  CompletableFuture<Void> mend(DueNotice entry, Optional<Stored> found);

  /**
   * A notice as it stood in the store.
   *
   * @param version changes with every change of {@code delivery}
   */
  record Stored(Notice notice, Delivery delivery, String version) {
    /** The entry it is found by while it waits. */
    DueNotice due() {
      return new DueNotice(notice.lane(), delivery.at(), notice.key());
    }
  }

  /** Takes none and has none. */
  NoticeStore NONE =
      new NoticeStore() {
        @Override
        public CompletableFuture<Void> put(Notice notice, Instant now) {
          return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<Optional<NoticeLane>> nextLane(Optional<NoticeLane> after) {
          return CompletableFuture.completedFuture(Optional.empty());
        }

        @Override
        public CompletableFuture<List<DueNotice>> due(NoticeLane lane, Instant until, int limit) {
          return CompletableFuture.completedFuture(List.of());
        }

        @Override
        public CompletableFuture<Optional<Stored>> read(String key) {
          return CompletableFuture.completedFuture(Optional.empty());
        }

        @Override
        public CompletableFuture<Optional<Stored>> replace(Stored current, Delivery next) {
          return CompletableFuture.completedFuture(Optional.empty());
        }

        @Override
        public CompletableFuture<Void> mend(DueNotice entry, Optional<Stored> found) {
          return CompletableFuture.completedFuture(null);
        }
      };
}

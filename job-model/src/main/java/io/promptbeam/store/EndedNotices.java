package io.promptbeam.store;

import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.Webhook;
import io.promptbeam.catalog.Webhook.Subject;
import io.promptbeam.job.Job;
import io.promptbeam.job.Owner;
import io.promptbeam.notice.Notice;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/**
 * Keeps a notice of whatever has ended, where its owner wants that; for others it does nothing.
 * What ended has a due entry, and that may only be removed once this has completed: so there is
 * always somebody who finds that a notice is missing. Thread-safe, never blocks; futures fail as
 * the store's.
 */
public final class EndedNotices {
  private final NoticeStore store;
  private final Supplier<ModelCatalog> catalog;
  private final Clock clock;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

  public EndedNotices(NoticeStore store, Supplier<ModelCatalog> catalog, Clock clock) {
    this.store = store;
    this.catalog = catalog;
    this.clock = clock;
  }

  /** One for whom nobody wants anything. */
  public static EndedNotices none() {
    ModelCatalog nobody = new ModelCatalog(List.of());
    return new EndedNotices(NoticeStore.NONE, () -> nobody, Clock.systemUTC());
  }

  /** Runs {@code listener} whenever a notice was kept, on a thread that it must not hold up. */
  public void onNew(Runnable listener) {
    listeners.add(listener);
  }

  /** Of a job that has ended. Lines of batches are not spoken of. */
  public CompletableFuture<Void> ended(Job job) {
    return BatchLine.of(job.spec().id()).isEmpty() && wants(job.spec().owner(), Subject.JOB)
        ? put(Notice.of(job))
        : CompletableFuture.completedFuture(null);
  }

  /** Of a batch that has ended. */
  public CompletableFuture<Void> ended(Batch batch) {
    return wants(batch.spec().owner(), Subject.BATCH)
        ? put(Notice.of(batch))
        : CompletableFuture.completedFuture(null);
  }

  private boolean wants(Owner owner, Subject subject) {
    return catalog
        .get()
        .owner(owner)
        .webhook()
        .map(Webhook::subjects)
        .filter(subjects -> subjects.contains(subject))
        .isPresent();
  }

  private CompletableFuture<Void> put(Notice notice) {
    return store.put(notice, clock.instant()).thenRun(() -> listeners.forEach(Runnable::run));
  }
}

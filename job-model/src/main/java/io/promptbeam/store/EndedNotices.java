package io.promptbeam.store;

import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.Webhook;
import io.promptbeam.catalog.Webhook.Subject;
import io.promptbeam.job.Job;
import io.promptbeam.job.Owner;
import io.promptbeam.notice.Notice;
import io.promptbeam.notice.Target;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Keeps a notice of whatever has ended for each target that wants one; for others it does nothing.
 * What ended has a due entry, and that may only be removed once this has completed: so there is
 * always somebody who finds that a notice is missing. Thread-safe, never blocks; futures fail as
 * the store's.
 */
public final class EndedNotices {
  private final NoticeStore store;
  private final Supplier<ModelCatalog> catalog;
  private final Clock clock;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private volatile boolean publishing;

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

  /** From now on, keeps a notice of everything for the topic too, whoever's it is. */
  public void publishAll() {
    publishing = true;
  }

  /** Of a job that has ended. Lines of batches are not spoken of. */
  public CompletableFuture<Void> ended(Job job) {
    return BatchLine.of(job.spec().id()).isEmpty()
        ? keep(job.spec().owner(), Subject.JOB, target -> Notice.of(job, target))
        : CompletableFuture.completedFuture(null);
  }

  /** Of a batch that has ended. */
  public CompletableFuture<Void> ended(Batch batch) {
    return keep(batch.spec().owner(), Subject.BATCH, target -> Notice.of(batch, target));
  }

  private CompletableFuture<Void> keep(
      Owner owner, Subject subject, Function<Target, Notice> notices) {
    List<CompletableFuture<Void>> kept = new ArrayList<>();
    for (Target target : Target.values()) {
      if (wants(target, owner, subject)) {
        kept.add(put(notices.apply(target)));
      }
    }
    return CompletableFuture.allOf(kept.toArray(CompletableFuture<?>[]::new));
  }

  private boolean wants(Target target, Owner owner, Subject subject) {
    return switch (target) {
      case WEBHOOK -> webhookWants(owner, subject);
      case TOPIC -> publishing;
    };
  }

  private boolean webhookWants(Owner owner, Subject subject) {
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

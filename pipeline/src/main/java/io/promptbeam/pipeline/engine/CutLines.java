package io.promptbeam.pipeline.engine;

import io.promptbeam.batch.Cut;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.Jobs.Applied;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Ends lines of batches that were cut, without calls. Thread-safe, never blocks. */
final class CutLines {
  private static final Duration SOON = Duration.ofSeconds(1);

  private final AttemptContext context;
  private final JobStore store;

  CutLines(AttemptContext context, JobStore store) {
    this.context = context;
    this.store = store;
  }

  /** Tells of each job once, on any thread; one that somebody calls is to be looked at again. */
  void end(List<JobId> jobs, Cut.Kind how, BiConsumer<JobId, Verdict> onVerdict) {
    if (jobs.isEmpty()) {
      return;
    }
    var unused =
        store
            .read(jobs, Set.of())
            .whenComplete(
                (found, failure) -> {
                  for (JobId id : jobs) {
                    if (failure != null) {
                      onVerdict.accept(id, new Verdict.LookAgain(SOON));
                    } else {
                      end(id, found.get(id), how, onVerdict);
                    }
                  }
                });
  }

  private void end(
      JobId id, @Nullable Job job, Cut.Kind how, BiConsumer<JobId, Verdict> onVerdict) {
    if (job == null || job.run().state().isTerminal()) {
      onVerdict.accept(id, new Verdict.NothingToDo());
      return;
    }
    Instant now = context.clock().instant();
    Instant deadline = job.spec().limits().deadline();
    if (job.run().leaseIsLive(now)) {
      // It ends as it will.
      Instant lapse = job.run().lease().orElseThrow().expiresAt();
      onVerdict.accept(id, new Verdict.LookAgain(context.untilNextLook(lapse)));
    } else if (how == Cut.Kind.EXPIRED && now.isBefore(deadline)) {
      // By a clock that is ahead of ours.
      onVerdict.accept(id, new Verdict.LookAgain(context.until(deadline)));
    } else {
      JobEvent event =
          how == Cut.Kind.EXPIRED ? new JobEvent.Expire() : new JobEvent.RequestCancel();
      var unused =
          apply(job, event)
              .exceptionally(failure -> new Verdict.LookAgain(SOON))
              .thenAccept(verdict -> onVerdict.accept(id, verdict));
    }
  }

  private CompletableFuture<Verdict> apply(Job job, JobEvent event) {
    return context
        .jobs()
        .apply(job, event)
        .thenApply(
            applied -> {
              if (applied instanceof Applied.Done done && done.job().run().state().isTerminal()) {
                return new Verdict.Ended(done.job());
              }
              boolean over =
                  applied instanceof Applied.Gone
                      || (applied instanceof Applied.Refused refused
                          && refused.job().run().state().isTerminal());
              return over ? new Verdict.NothingToDo() : new Verdict.LookAgain(SOON);
            });
  }
}

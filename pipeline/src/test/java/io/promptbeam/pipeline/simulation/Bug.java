package io.promptbeam.pipeline.simulation;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobState;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.message.JobReference;
import io.promptbeam.store.DueEntry;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.NoticeStore;
import io.promptbeam.store.usage.UsageLedger;
import io.promptbeam.submit.JobSubmitter;
import io.promptbeam.submit.SubmitOutcome;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Mistakes that are easily made, and that the simulation must catch. */
enum Bug implements Supplier<Plant> {
  /** Conditions without {@code cellsPerColumn(1)} also hold for a version that is long replaced. */
  OLD_CELLS_COUNT {
    @Override
    public Plant get() {
      return new Plant() {
        @Override
        public boolean oldCellsCount() {
          return true;
        }
      };
    }
  },
  /** A worker writes its answer down whoever has the job by now. */
  NO_TOKEN_IN_RECORD {
    @Override
    public Plant get() {
      return new Plant() {
        @Override
        public JobStore store(JobStore real) {
          return new ForwardingStore(real) {
            @Override
            public CompletableFuture<Optional<String>> compareAndSet(
                Job current, JobRun next, Optional<byte[]> result) {
              boolean record =
                  current.run().state() == JobState.PROCESSING
                      && next.state() != JobState.PROCESSING;
              return record
                  ? read(current.spec().id(), Set.of())
                      .thenCompose(
                          found ->
                              real.compareAndSet(
                                  new Job(
                                      current.spec(),
                                      current.run(),
                                      found.map(Job::version).orElse(current.version()),
                                      current.request(),
                                      current.result()),
                                  next,
                                  result))
                  : real.compareAndSet(current, next, result);
            }
          };
        }
      };
    }
  },
  /** The message is sent first, so that a worker may look for a job that is not there yet. */
  PUBLISH_BEFORE_WRITE {
    @Override
    public Plant get() {
      return new Plant() {
        @Override
        public Submitting submitting(JobStore store, JobPublisher publisher) {
          var submitter = new JobSubmitter(store, JobPublisher.NONE, NO_WAIT_OF_ITS_OWN);
          return submission ->
              publisher
                  .publish(JobReference.to(submission.spec()))
                  .handle((sent, failure) -> submission)
                  .thenCompose(submitter::submit);
        }
      };
    }
  },
  /** A claim does not count; the attempt is counted with what came of it, if anything did. */
  ATTEMPT_COUNTED_LATE {
    @Override
    public Plant get() {
      return new Plant() {
        @Override
        public JobStore store(JobStore real) {
          return new ForwardingStore(real) {
            @Override
            public CompletableFuture<Optional<String>> compareAndSet(
                Job current, JobRun next, Optional<byte[]> result) {
              return real.compareAndSet(
                  current, next.state() == JobState.PROCESSING ? uncounted(next) : next, result);
            }
          };
        }
      };
    }
  },
  /** The runner drops for 10 minutes what carries the id of a job that it has seen. */
  DEDUPLICATION_ON_JOB_ID {
    @Override
    public Plant get() {
      Map<JobId, Long> seen = new HashMap<>();
      return new Plant() {
        @Override
        public boolean passes(JobId job, long nowNanos) {
          Long before = seen.get(job);
          if (before != null && nowNanos - before < Duration.ofMinutes(10).toNanos()) {
            return false;
          }
          seen.put(job, nowNanos);
          return true;
        }
      };
    }
  },
  /** The due entry goes when the message is sent, instead of when the job has ended. */
  DUE_ENTRY_CLEARED_AT_DISPATCH {
    @Override
    public Plant get() {
      return new Plant() {
        @Override
        public Submitting submitting(JobStore store, JobPublisher publisher) {
          Submitting real = Plant.super.submitting(store, publisher);
          return submission ->
              real.submit(submission)
                  .thenCompose(
                      outcome ->
                          outcome instanceof SubmitOutcome.Accepted accepted
                              ? store
                                  .removeDue(List.of(DueEntry.first(accepted.job().spec())))
                                  .handle((removed, failure) -> outcome)
                              : CompletableFuture.completedFuture(outcome));
        }
      };
    }
  },
  /** Who keeps a notice does not wait until it is kept, before the job is forgotten. */
  NOTICE_NOT_WAITED_FOR {
    @Override
    public Plant get() {
      return new Plant() {
        @Override
        public JobStore store(JobStore real) {
          return new ForwardingStore(real) {
            @Override
            public NoticeStore notices() {
              return (NoticeStore)
                  Proxy.newProxyInstance(
                      NoticeStore.class.getClassLoader(),
                      new Class<?>[] {NoticeStore.class},
                      (proxy, method, arguments) -> {
                        Object answer = method.invoke(real.notices(), arguments);
                        return method.getName().equals("put")
                            ? CompletableFuture.completedFuture(null)
                            : answer;
                      });
            }
          };
        }
      };
    }
  },
  /** The sweep tells nobody what it has ended, as long as it is ended. */
  SWEEP_ENDS_UNTOLD {
    @Override
    public Plant get() {
      return new Plant() {
        @Override
        public UsageLedger sweepsLedger(UsageLedger real) {
          return UsageLedger.NONE;
        }
      };
    }
  };

  private static JobRun uncounted(JobRun claimed) {
    return new JobRun(
        claimed.state(),
        Math.max(0, claimed.attempt() - 1),
        claimed.lease(),
        claimed.notBefore(),
        claimed.startedAt(),
        claimed.cancelRequested(),
        claimed.ending(),
        claimed.lastError(),
        claimed.erased());
  }
}

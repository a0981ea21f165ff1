package io.promptbeam.pipeline.simulation;

import static java.util.Objects.requireNonNull;

import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobState;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.Jobs;
import io.promptbeam.store.Jobs.Applied;
import io.promptbeam.submit.Submission;
import io.promptbeam.submit.SubmitOutcome;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The service's side of submit and cancel, and the way a client reaches it. */
final class SimApi extends SimProcess {
  private static final Duration CLIENT_TIMEOUT = Duration.ofSeconds(30);

  private Plant.@Nullable Submitting submitting;
  private @Nullable Jobs jobs;

  SimApi(Simulation sim, String name) {
    super(sim, name);
  }

  @Override
  void started() {
    JobStore store = sim.open(this);
    jobs = new Jobs(store, clock());
    submitting = sim.plant().submitting(store, sim.queue().publisher(this));
  }

  @Override
  void ended() {
    jobs = null;
    submitting = null;
  }

  /** Answers empty when the client gets no answer, or a failure. */
  void submit(Supplier<Submission> body, Consumer<Optional<SubmitOutcome>> onAnswer) {
    request(
        () -> {
          Submission submission = body.get();
          return requireNonNull(submitting)
              .submit(submission)
              .thenApply(
                  outcome -> {
                    sim.ledger().submitAnswered(submission, outcome);
                    return outcome;
                  });
        },
        onAnswer);
  }

  void apply(JobId id, JobEvent event, Consumer<Optional<Applied>> onAnswer) {
    request(
        () ->
            requireNonNull(jobs)
                .apply(id, event)
                .thenApply(
                    applied -> {
                      if (event instanceof JobEvent.RequestCancel
                          && applied instanceof Applied.Done done
                          && done.job().run().state() == JobState.CANCELLED) {
                        sim.ledger().cancellationAnswered(id);
                      }
                      return applied;
                    }),
        onAnswer);
  }

  private <R> void request(Supplier<CompletableFuture<R>> handler, Consumer<Optional<R>> onAnswer) {
    boolean[] heard = new boolean[1];
    Consumer<Optional<R>> once =
        answer -> {
          if (!heard[0]) {
            heard[0] = true;
            onAnswer.accept(answer);
          }
        };
    world.in(CLIENT_TIMEOUT, () -> once.accept(Optional.empty()));
    Duration there = world.between(Duration.ofMillis(1), Duration.ofMillis(50));
    world.in(
        there,
        () -> {
          if (!isUp()) {
            once.accept(Optional.empty());
            return;
          }
          step(incarnation(), () -> handle(handler, once));
        });
  }

  private <R> void handle(Supplier<CompletableFuture<R>> handler, Consumer<Optional<R>> onAnswer) {
    int of = incarnation();
    var unused =
        handler
            .get()
            .whenComplete(
                (answer, failure) -> {
                  if (!isUp() || incarnation() != of) {
                    return;
                  }
                  if (!sim.isKind() && world.chance(sim.scenario().lostResponses())) {
                    sim.totals().count("responses lost");
                    return;
                  }
                  Duration back = world.between(Duration.ofMillis(1), Duration.ofMillis(50));
                  Optional<R> said = failure == null ? Optional.of(answer) : Optional.<R>empty();
                  if (failure != null) {
                    sim.totals().count("requests answered with 503");
                  }
                  world.in(back, () -> onAnswer.accept(said));
                });
  }
}

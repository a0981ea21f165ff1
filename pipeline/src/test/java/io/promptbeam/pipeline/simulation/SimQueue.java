package io.promptbeam.pipeline.simulation;

import io.promptbeam.batch.BatchId;
import io.promptbeam.job.Owner;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.message.JobReference;
import io.promptbeam.store.SimulatedBigtable;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;

/** Delivers at least once, in any order, and again what nobody acknowledged in time. */
final class SimQueue {
  private static final Duration ACK_DEADLINE = Duration.ofSeconds(60);
  private static final Duration PUBLISH_WAIT = Duration.ofSeconds(2);

  /** One message. */
  static final class Message {
    final List<JobReference> references;
    boolean acknowledged;

    Message(List<JobReference> references) {
      this.references = references;
    }
  }

  private final Simulation sim;
  private final World world;
  private final Map<Long, CompletableFuture<Void>> unanswered = new LinkedHashMap<>();
  private long sent;

  SimQueue(Simulation sim) {
    this.sim = sim;
    this.world = sim.world();
  }

  JobPublisher publisher(SimProcess sender) {
    return new JobPublisher() {
      @Override
      public CompletableFuture<Void> publish(JobReference reference) {
        return publishTogether(List.of(reference));
      }

      @Override
      public CompletableFuture<Void> publishBatch(BatchId batch, Owner owner) {
        throw new UnsupportedOperationException("no batches here");
      }

      @Override
      public CompletableFuture<Void> publishTogether(List<JobReference> references) {
        return send(sender, references);
      }

      @Override
      public void close() {}
    };
  }

  private CompletableFuture<Void> send(SimProcess sender, List<JobReference> references) {
    CompletableFuture<Void> answer = new CompletableFuture<>();
    long number = sent++;
    unanswered.put(number, answer);
    int of = sender.incarnation();
    references.forEach(reference -> sim.ledger().published(reference.jobId()));
    boolean lost = !sim.isKind() && world.chance(sim.scenario().lostPublishes());
    boolean applied = !lost || world.random().nextInt(3) == 0;
    boolean outlivesSender = world.random().nextBoolean();
    Duration there = world.between(Duration.ofMillis(2), Duration.ofMillis(50));
    world.in(
        there,
        () -> {
          boolean arrives = (sender.isUp() && sender.incarnation() == of) || outlivesSender;
          if (sim.isQueueDown()) {
            sim.totals().count("messages during queue outages");
          } else if (applied && arrives) {
            accept(new Message(references));
            if (!lost) {
              world.in(Duration.ofMillis(3), () -> sender.step(of, () -> answered(number, true)));
            }
          } else {
            sim.totals().count("messages lost on their way to the queue");
          }
        });
    world.in(PUBLISH_WAIT, () -> sender.step(of, () -> answered(number, false)));
    return answer;
  }

  private void answered(long number, boolean accepted) {
    CompletableFuture<Void> answer = unanswered.remove(number);
    if (answer == null) {
      return;
    }
    if (accepted) {
      answer.complete(null);
    } else {
      answer.completeExceptionally(new TimeoutException("simulated"));
    }
  }

  private void accept(Message message) {
    boolean kind = sim.isKind();
    Duration latency = world.between(Duration.ofMillis(5), Duration.ofMillis(300));
    if (!kind && world.chance(sim.scenario().delays())) {
      sim.totals().count("messages delayed");
      latency = world.between(Duration.ofSeconds(1), Duration.ofMinutes(10));
    }
    world.in(latency, () -> deliver(message));
    if (!kind && world.chance(sim.scenario().duplicates())) {
      sim.totals().count("messages duplicated");
      world.in(
          world.between(Duration.ofMillis(1), Duration.ofMinutes(12)),
          () -> handTo(sim.anyWorker(), message));
    }
  }

  private void deliver(Message message) {
    if (message.acknowledged) {
      return;
    }
    if (sim.isQueueDown()) {
      world.in(Duration.ofSeconds(5), () -> deliver(message));
      return;
    }
    handTo(sim.anyWorker(), message);
    world.in(
        ACK_DEADLINE,
        () -> {
          if (!message.acknowledged) {
            sim.totals().count("messages redelivered");
            deliver(message);
          }
        });
  }

  private void handTo(SimWorker worker, Message message) {
    if (worker.isUp()) {
      worker.later(Duration.ofMillis(1), () -> worker.receive(message));
    }
  }

  /** Lets go of who still waits for an answer of the queue. */
  void close() {
    List.copyOf(unanswered.values())
        .forEach(answer -> answer.completeExceptionally(SimulatedBigtable.unavailable()));
  }
}

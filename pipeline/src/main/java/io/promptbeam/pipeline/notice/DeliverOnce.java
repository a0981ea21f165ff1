package io.promptbeam.pipeline.notice;

import io.promptbeam.notice.Delivery;
import io.promptbeam.outage.SparseWarning;
import io.promptbeam.pipeline.notice.NoticeSender.Answer;
import io.promptbeam.store.DueNotice;
import io.promptbeam.store.NoticeStore;
import io.promptbeam.store.NoticeStore.Stored;
import io.promptbeam.store.StoreUnavailableException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt to deliver a notice: claims it by a conditional write, sends it, and notes what
 * became of that. Thread-safe; blocks.
 */
final class DeliverOnce {
  private static final Logger LOG = LoggerFactory.getLogger(DeliverOnce.class);
  private static final SparseWarning FAILED = new SparseWarning(LOG);

  /** Longer than sending takes, with looking a name up: then whoever was at it has died. */
  static final Duration CLAIM = Duration.ofSeconds(60);

  private final NoticeStore store;
  private final Targets targets;
  private final Delivery.Pauses pauses;
  private final Clock clock;
  private final RandomGenerator random;
  private final BooleanSupplier closing;

  /**
   * @param closing whether sending is being broken off
   */
  DeliverOnce(
      NoticeStore store,
      Targets targets,
      Delivery.Pauses pauses,
      Clock clock,
      RandomGenerator random,
      BooleanSupplier closing) {
    this.store = store;
    this.targets = targets;
    this.pauses = pauses;
    this.clock = clock;
    this.random = random;
    this.closing = closing;
  }

  /**
   * Delivers what {@code entry} stands for, if that is due and nobody else does.
   *
   * @return what stands now, if this was the one to say so
   * @throws StoreUnavailableException when what became of it could not be noted
   */
  Optional<Delivery> run(DueNotice entry) {
    Optional<Stored> found = await(store.read(entry.key()));
    if (found.filter(stored -> stored.delivery().isDue(clock.instant())).isEmpty()) {
      await(store.mend(entry, found));
      return Optional.empty();
    }
    Delivery claim = found.get().delivery().begun(clock.instant().plus(CLAIM));
    Optional<Stored> mine = await(store.replace(found.get(), claim));
    if (mine.isEmpty()) {
      return Optional.empty();
    }
    Delivery next = send(mine.get());
    say(mine.get(), next);
    // Empty: it took so long that somebody else has begun anew.
    return await(store.replace(mine.get(), next)).map(Stored::delivery);
  }

  private Delivery send(Stored mine) {
    Answer answer = targets.send(mine.notice());
    Delivery delivery = mine.delivery();
    if (answer instanceof Answer.Delivered) {
      return delivery.delivered(clock.instant());
    }
    if (answer instanceof Answer.Gone) {
      return delivery.refused("HTTP 410", clock.instant());
    }
    return closing.getAsBoolean()
        ? delivery.handedBack(clock.instant())
        : delivery.failed(((Answer.Failed) answer).why(), clock.instant(), pauses, random);
  }

  private static void say(Stored mine, Delivery next) {
    String what = mine.notice().type() + " of " + mine.notice().owner();
    switch (next.state()) {
      case DELIVERED -> LOG.debug("{} {} was delivered", what, mine.notice().id());
      case WAITING ->
          FAILED.warn(
              () ->
                  what
                      + " waits for its "
                      + mine.notice().target().wireName()
                      + ": "
                      + next.lastFailure().orElse("handed back"));
      case REFUSED, GIVEN_UP ->
          LOG.warn(
              "{} {} is {}: {}",
              what,
              mine.notice().id(),
              next.state().wireName(),
              next.lastFailure().orElse(""));
    }
  }

  static <T> T await(CompletableFuture<T> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof StoreUnavailableException cause ? cause : e;
    }
  }
}

package io.promptbeam.pipeline.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.CachedAnswer;
import io.promptbeam.job.JobId;
import io.promptbeam.pipeline.engine.SharedAnswers.Source;
import io.promptbeam.store.AnswerKey;
import io.promptbeam.store.InMemoryJobStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class SharedAnswersWaitersTest {
  private static final AnswerKey KEY = new AnswerKey("o", "r");
  private static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");

  private final SharedAnswers shared = new SharedAnswers(new InMemoryJobStore());
  private final List<String> told = new ArrayList<>();

  private boolean enter(String name, Duration maxAge) {
    return shared.enter(
        KEY,
        new SharedAnswers.Waiter() {
          @Override
          public boolean accepts(Source found) {
            return found.isRecent(maxAge, NOW);
          }

          @Override
          public void told(Optional<Source> found) {
            told.add(name + (found.isPresent() ? " has it" : " looks"));
          }
        });
  }

  private static Optional<Source> answered(Duration ago) {
    var answer = new CachedAnswer(JobId.random(), "m", Optional.empty());
    return Optional.of(new Source(answer, NOW.minus(ago), new byte[0]));
  }

  @Test
  void answer_isTakenByThoseItIsNotTooOldFor_andOneOfTheOthersLooks() {
    assertThat(enter("leader", Duration.ofDays(2))).isTrue();
    enter("fresh", Duration.ofSeconds(1));
    enter("old", Duration.ofDays(1));
    enter("fresh2", Duration.ofSeconds(1));
    OptionalLong turn = shared.leave(KEY, answered(Duration.ofDays(1)));
    assertThat(told).containsExactly("old has it", "fresh looks");
    assertThat(turn).isPresent();
    assertThat(enter("fresh again", Duration.ofSeconds(1))).isTrue();
    assertThat(shared.leave(KEY, answered(Duration.ZERO))).isEmpty();
    assertThat(told).endsWith("fresh2 has it");
    assertThat(enter("later", Duration.ZERO)).isTrue();
  }

  @Test
  void waiters_lookOneByOne_whenNothingIsFound() {
    enter("leader", Duration.ZERO);
    for (int i = 0; i < 3; i++) {
      enter("w" + i, Duration.ZERO);
    }
    for (int i = 0; i < 3; i++) {
      var unused = shared.leave(KEY, Optional.empty());
      assertThat(told).hasSize(i + 1).endsWith("w" + i + " looks");
      assertThat(enter("w" + i, Duration.ZERO)).isTrue();
    }
    assertThat(shared.leave(KEY, Optional.empty())).isEmpty();
    assertThat(told).hasSize(3);
  }

  @Test
  void waiters_allLook_whenTheOneThatWasSentDoesNotCome() {
    enter("leader", Duration.ZERO);
    for (int i = 0; i < 3; i++) {
      enter("w" + i, Duration.ZERO);
    }
    OptionalLong turn = shared.leave(KEY, Optional.empty());
    shared.release(KEY, turn.orElseThrow());
    assertThat(told).containsExactly("w0 looks", "w1 looks", "w2 looks");
    shared.release(KEY, turn.orElseThrow());
    assertThat(told).hasSize(3);
  }

  @Test
  void waiters_stay_whenSomebodyCameToLook() {
    enter("leader", Duration.ZERO);
    enter("w0", Duration.ZERO);
    enter("w1", Duration.ZERO);
    OptionalLong turn = shared.leave(KEY, Optional.empty());
    assertThat(enter("another", Duration.ZERO)).isTrue();
    shared.release(KEY, turn.orElseThrow());
    assertThat(told).containsExactly("w0 looks");
  }
}

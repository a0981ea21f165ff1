package io.promptbeam.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.api.gax.grpc.GrpcStatusCode;
import com.google.api.gax.rpc.ApiException;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ConditionalWriteTest {
  /** What a try does: to the store, and to who waits for its answer. */
  private enum Try {
    ANSWERED,
    APPLIED_AND_ANSWER_LOST,
    LOST,
    LOST_AND_APPLIED_AT_THE_NEXT,
    LOST_TO_ANOTHER_WRITER,
    REFUSED
  }

  private final Deque<Try> tries = new ArrayDeque<>();
  private final List<Long> pausesMillis = new ArrayList<>();
  private Optional<String> stored = Optional.of("v1");
  private boolean readable = true;
  private boolean late;
  private int reads;

  private CompletableFuture<Boolean> write(Optional<String> before) {
    return new ConditionalWrite(
            () -> attempt(before),
            () -> {
              reads++;
              return readable
                  ? CompletableFuture.completedFuture(stored)
                  : CompletableFuture.failedFuture(error(Status.Code.UNAVAILABLE));
            },
            before,
            "v2",
            millis -> {
              pausesMillis.add(millis);
              return Runnable::run;
            })
        .run();
  }

  private CompletableFuture<Boolean> attempt(Optional<String> before) {
    if (late) {
      late = false;
      apply(before);
    }
    Try now = tries.isEmpty() ? Try.LOST : tries.remove();
    return switch (now) {
      case ANSWERED -> CompletableFuture.completedFuture(apply(before));
      case APPLIED_AND_ANSWER_LOST -> {
        apply(before);
        yield CompletableFuture.failedFuture(error(Status.Code.DEADLINE_EXCEEDED));
      }
      case LOST -> CompletableFuture.failedFuture(error(Status.Code.UNAVAILABLE));
      case LOST_AND_APPLIED_AT_THE_NEXT -> {
        late = true;
        yield CompletableFuture.failedFuture(error(Status.Code.UNAVAILABLE));
      }
      case LOST_TO_ANOTHER_WRITER -> {
        stored = Optional.of("theirs");
        yield CompletableFuture.failedFuture(error(Status.Code.ABORTED));
      }
      case REFUSED -> CompletableFuture.failedFuture(error(Status.Code.PERMISSION_DENIED));
    };
  }

  private boolean apply(Optional<String> before) {
    if (!stored.equals(before)) {
      return false;
    }
    stored = Optional.of("v2");
    return true;
  }

  private static ApiException error(Status.Code code) {
    return new ApiException(new IllegalStateException(), GrpcStatusCode.of(code), false);
  }

  @Test
  void write_needsNoRead_whenItIsAnswered() {
    tries.add(Try.ANSWERED);
    assertThat(write(Optional.of("v1")).join()).isTrue();
    tries.add(Try.ANSWERED);
    assertThat(write(Optional.of("v1")).join()).isFalse();
    assertThat(reads).isZero();
  }

  @Test
  void write_isDone_whenItWasAppliedAndTheAnswerLost() {
    tries.add(Try.APPLIED_AND_ANSWER_LOST);
    assertThat(write(Optional.of("v1")).join()).isTrue();
    assertThat(stored).contains("v2");
  }

  @Test
  void write_isTriedAgain_whenItWasNotApplied() {
    tries.addAll(List.of(Try.LOST, Try.LOST, Try.ANSWERED));
    assertThat(write(Optional.of("v1")).join()).isTrue();
    assertThat(pausesMillis).containsExactly(50L, 100L);
  }

  @Test
  void write_isDoneOnce_whenTheFirstTryArrivesLate() {
    tries.addAll(List.of(Try.LOST_AND_APPLIED_AT_THE_NEXT, Try.ANSWERED));
    assertThat(write(Optional.of("v1")).join()).isTrue();
    assertThat(stored).contains("v2");
  }

  @Test
  void write_isNotDone_whenAnotherCameFirst() {
    tries.add(Try.LOST_TO_ANOTHER_WRITER);
    assertThat(write(Optional.of("v1")).join()).isFalse();
    assertThat(pausesMillis).isEmpty();
  }

  @Test
  void creation_isResolvedAlike() {
    stored = Optional.empty();
    tries.addAll(List.of(Try.LOST, Try.APPLIED_AND_ANSWER_LOST));
    assertThat(write(Optional.empty()).join()).isTrue();
    stored = Optional.of("theirs");
    tries.addAll(List.of(Try.LOST));
    assertThat(write(Optional.empty()).join()).isFalse();
  }

  @Test
  void write_fails_whenEveryTryIsLost() {
    assertThatThrownBy(() -> write(Optional.of("v1")).join())
        .hasCauseInstanceOf(ApiException.class);
    assertThat(pausesMillis).containsExactly(50L, 100L, 200L);
  }

  @Test
  void write_fails_whenNothingCanBeReadBack() {
    readable = false;
    tries.add(Try.APPLIED_AND_ANSWER_LOST);
    assertThatThrownBy(() -> write(Optional.of("v1")).join())
        .hasCauseInstanceOf(ApiException.class);
  }

  @Test
  void write_failsAtOnce_whenItIsRefused() {
    tries.add(Try.REFUSED);
    assertThatThrownBy(() -> write(Optional.of("v1")).join())
        .hasCauseInstanceOf(ApiException.class);
    assertThat(reads).isZero();
  }
}

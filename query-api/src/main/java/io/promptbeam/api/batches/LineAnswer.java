package io.promptbeam.api.batches;

import io.promptbeam.job.Ending;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobState;
import java.util.Optional;

/**
 * What became of a line: at most one of the two, and neither while it has not ended.
 *
 * @param response the provider's, also where it refused
 * @param error of a line that got no response, in the codes that OpenAI's clients know
 */
public record LineAnswer(Optional<Response> response, Optional<JobError> error) {
  private static final LineAnswer NONE = new LineAnswer(Optional.empty(), Optional.empty());
  private static final int OK = 200;

  /**
   * A response.
   *
   * @param body JSON in UTF-8 on one line, not to be modified
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared; a copy per line would be waste
  public record Response(int status, String requestId, byte[] body) {}

  /** Renders what a provider refused with. */
  @FunctionalInterface
  public interface Refusal {
    byte[] body(int status, JobError error);
  }

  /**
   * Of a line.
   *
   * @param answer its result's body, if there is one
   */
  public static LineAnswer of(Job line, Optional<byte[]> answer, Refusal refusal) {
    JobState state = line.run().state();
    if (!state.isTerminal()) {
      return NONE;
    }
    if (answer.isPresent()) {
      return response(line, OK, answer.get());
    }
    Optional<JobError> own = line.run().ending().flatMap(Ending::error);
    if (state == JobState.FAILED && own.isPresent() && own.get().providerStatus().isPresent()) {
      int status = own.get().providerStatus().get();
      return response(line, status, refusal.body(status, own.get()));
    }
    return new LineAnswer(Optional.empty(), Optional.of(error(state, own)));
  }

  private static LineAnswer response(Job line, int status, byte[] body) {
    String requestId = "req_" + hex(line);
    return new LineAnswer(
        Optional.of(new Response(status, requestId, body)), Optional.<JobError>empty());
  }

  private static JobError error(JobState state, Optional<JobError> own) {
    return switch (state) {
      case EXPIRED ->
          JobError.of(
              "batch_expired",
              "This request could not be executed before the completion window expired.");
      case CANCELLED ->
          JobError.of("batch_cancelled", "This request was not executed: the batch was cancelled.");
      case FAILED -> own.orElseThrow();
      case COMPLETED -> JobError.of("erased", "The answer was erased.");
      case PENDING, PROCESSING -> throw new IllegalStateException("the line has not ended");
    };
  }

  /** What a line is called in answers, after a prefix. */
  public static String hex(Job line) {
    return line.spec().id().toString().replace("-", "");
  }
}

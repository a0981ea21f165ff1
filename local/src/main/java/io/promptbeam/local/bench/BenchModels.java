package io.promptbeam.local.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.Pricing;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.catalog.Simulation;
import io.promptbeam.catalog.Timeouts;
import io.promptbeam.job.Owner;
import io.promptbeam.submit.InvalidSubmissionException;
import io.promptbeam.submit.Submission;
import io.promptbeam.submit.SubmissionParser;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Simulated models and prompts, as in the figures this project compares itself with. */
public final class BenchModels {
  public static final String UNLIMITED = "unlimited";

  /** With a quota, which its provider enforces. */
  public static final String LIMITED = "limited";

  private static final int PROMPT_BYTES = 600;
  private static final int MAX_IN_FLIGHT = 1_000;

  private BenchModels() {}

  /**
   * A catalog of both.
   *
   * @param requestsPerMinute of {@link #LIMITED}
   */
  public static ModelCatalog catalog(long requestsPerMinute) {
    return new ModelCatalog(
        List.of(
            model(UNLIMITED, RateLimits.UNLIMITED, OptionalLong.empty()),
            model(LIMITED, requestsPerMinute, OptionalLong.of(requestsPerMinute))));
  }

  private static ModelConfig model(String id, long ours, OptionalLong theirs) {
    Simulation base = Simulation.DEFAULT;
    return new ModelConfig(
        id,
        ProviderKind.SIMULATED,
        Optional.empty(),
        Optional.empty(),
        id,
        new RateLimits(ours, RateLimits.UNLIMITED, MAX_IN_FLIGHT),
        Pricing.FREE,
        Timeouts.DEFAULT,
        Optional.of(
            new Simulation(
                base.seed(), base.latencyMedian(), base.latencySigma(), 0, 0, 0, theirs)));
  }

  /** A job of the polling API that no other call has. */
  public static Submission submission(SubmissionParser parser, String model, long number) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.put("model_id", model).put("full_input", prompt(number));
    try {
      return parser.parse(body, Owner.LOCAL, Optional.empty(), Instant.now());
    } catch (InvalidSubmissionException e) {
      throw new IllegalStateException("the benchmark's own submission is invalid", e);
    }
  }

  /** A prompt of the usual size that no other call has. */
  public static String prompt(long number) {
    String head = "Ticket " + number + ": ";
    String filler = "the customer describes what happened and asks what to do next. ";
    return (head + filler.repeat(PROMPT_BYTES / filler.length() + 1)).substring(0, PROMPT_BYTES);
  }
}

package io.promptbeam.job;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Which model of its chain a job is called at, and why it left the others.
 *
 * @param modelId the one called last, or to be called next; empty for the job's own
 * @param hops the latest {@value #MAX_HOPS}, oldest first
 */
public record Route(Optional<String> modelId, List<Hop> hops) {
  /** At the job's own model, with nothing to tell. */
  public static final Route HOME = new Route(Optional.empty(), List.of());

  private static final int MAX_HOPS = 20;

  /**
   * A model that was left or passed over.
   *
   * @param reason a code of {@link ErrorCodes}, or one of the constants here
   */
  public record Hop(String modelId, String reason) {
    /** Its provider fails so much that only probes are sent. */
    public static final String BREAKER_OPEN = "breaker_open";

    /** The request is in the form of another provider. */
    public static final String OTHER_PROVIDER = "other_provider";

    /** The catalog has it no more. */
    public static final String NOT_CONFIGURED = "not_configured";
  }

  public Route {
    hops = List.copyOf(hops.subList(Math.max(0, hops.size() - MAX_HOPS), hops.size()));
  }

  /** On to {@code next}, having left or passed over others. */
  public Route to(String next, List<Hop> left) {
    return new Route(
        Optional.of(next), Stream.concat(hops.stream(), left.stream()).distinct().toList());
  }
}

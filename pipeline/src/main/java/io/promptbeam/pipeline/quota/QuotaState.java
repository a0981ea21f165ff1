package io.promptbeam.pipeline.quota;

import io.promptbeam.store.quota.Dimension;
import io.promptbeam.store.quota.QuotaLimits;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * How a quota stands, as this worker knows it.
 *
 * @param id {@code model:ID} or {@code account:NAME}
 * @param limits in force
 * @param inFlight calls of this worker
 * @param ahead for each limited dimension, how far ahead of now all of it is given away: above
 *     zero, the limit is used up
 * @param factor what part of the limits is used for now, because the provider threw calls back
 * @param pausedUntil while the provider has asked for a pause
 * @param workers that were seen, this one included
 * @param fallback whether this worker keeps to its share, because the others cannot be reached
 */
public record QuotaState(
    String id,
    QuotaLimits limits,
    int inFlight,
    Map<Dimension, Duration> ahead,
    double factor,
    Optional<Instant> pausedUntil,
    int workers,
    boolean fallback) {}

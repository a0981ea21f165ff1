package io.promptbeam.job;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.Optional;

/**
 * What became of one call to a provider. An attempt makes one; more where it asks another model, or
 * asks again to have an answer mended.
 *
 * @param attempt counted from 1
 * @param modelId the model asked
 * @param at when the call was over
 * @param usage as reported; empty when the provider reported none
 * @param costUsd US dollars; empty when the usage is unknown
 * @param errorCode of {@link ErrorCodes}; empty when the call answered
 */
public record CallRecord(
    int attempt,
    String modelId,
    Instant at,
    Optional<Usage> usage,
    Optional<BigDecimal> costUsd,
    Optional<String> errorCode) {}

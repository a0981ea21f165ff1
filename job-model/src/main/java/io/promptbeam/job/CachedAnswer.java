package io.promptbeam.job;

import java.math.BigDecimal;
import java.util.Optional;

/**
 * That a job was answered without a call.
 *
 * @param from the owner's earlier job, whose answer it is
 * @param servedBy the model that gave it then
 * @param savedUsd US dollars that the earlier job cost; empty when unknown
 */
public record CachedAnswer(JobId from, String servedBy, Optional<BigDecimal> savedUsd) {}

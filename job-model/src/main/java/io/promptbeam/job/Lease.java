package io.promptbeam.job;

import java.time.Instant;

/**
 * One worker's right to a job, until it expires. The fencing token, not the clock, decides whose
 * record counts.
 */
public record Lease(String token, Instant expiresAt) {}

package io.promptbeam.job;

import java.util.Optional;

/**
 * A job as it was read.
 *
 * @param version changes with every write of {@code run}; what a compare-and-set compares
 * @param request absent when it was not asked for, or is erased
 * @param result the provider's answer, JSON in UTF-8; absent when not asked for, erased, or the job
 *     has not completed. Not to be modified.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; a copy per read would be waste
public record Job(
    JobSpec spec,
    JobRun run,
    String version,
    Optional<LlmRequest> request,
    Optional<byte[]> result) {}

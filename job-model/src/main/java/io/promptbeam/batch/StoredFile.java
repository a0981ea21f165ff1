package io.promptbeam.batch;

import io.promptbeam.job.Owner;
import java.time.Instant;
import java.util.Optional;

/**
 * A file that was uploaded completely.
 *
 * @param purpose as the caller gave it
 * @param chunks pieces it is stored in
 * @param listed whether it is among its owner's files; what a batch was created from without an
 *     upload is not
 */
public record StoredFile(
    FileId id,
    Owner owner,
    String name,
    String purpose,
    long bytes,
    int chunks,
    boolean listed,
    Instant createdAt,
    Optional<Instant> expiresAt) {}

package io.promptbeam.batch;

import io.promptbeam.job.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What is fixed when a batch is created.
 *
 * @param input the file with its lines
 * @param endpoint the path of the provider's API that every line is for, such as {@code
 *     /v1/chat/completions}
 * @param window as the caller wrote it, such as {@code 24h}
 * @param expiresAt what has not ended by then expires
 * @param outputKept how long its output is to be kept after it has ended; as long as jobs if empty
 * @param requestHash SHA-256 (hex) of the creation, to tell a repeated one from another
 * @param retryOf the batch whose failed lines it repeats
 */
public record BatchSpec(
    BatchId id,
    Owner owner,
    BatchProtocol protocol,
    FileId input,
    String endpoint,
    String window,
    Map<String, String> metadata,
    Instant createdAt,
    Instant expiresAt,
    Optional<Duration> outputKept,
    Optional<String> requestHash,
    Optional<BatchId> retryOf) {
  public BatchSpec {
    metadata = Map.copyOf(metadata);
  }
}

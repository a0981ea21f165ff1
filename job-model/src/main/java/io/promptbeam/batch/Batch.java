package io.promptbeam.batch;

import java.util.Optional;

/**
 * A batch as it stood in the store.
 *
 * @param version changes with every change of {@code run}
 */
public record Batch(BatchSpec spec, BatchRun run, Optional<Cut> cut, String version) {}

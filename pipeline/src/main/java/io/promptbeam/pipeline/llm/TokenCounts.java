package io.promptbeam.pipeline.llm;

import io.promptbeam.job.Usage;

/** A usage while it is read. Not thread-safe. */
final class TokenCounts {
  long input;
  long cached;
  long output;
  long reasoning;

  Usage usage() {
    return new Usage(input, cached, output, reasoning);
  }
}

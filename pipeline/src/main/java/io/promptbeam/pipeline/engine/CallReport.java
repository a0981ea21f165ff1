package io.promptbeam.pipeline.engine;

/** What an attempt learned about the provider, said once, when its permit is released. */
enum CallReport {
  /** It answered at the first attempt at the job. */
  ANSWERED,
  /** It answered a retry. */
  RETRY_ANSWERED,
  /** It is alive and busy. */
  THROTTLED,
  /** It failed, could not be reached or did not answer in time. */
  FAILED,
  /** There was no call, or it was given up by us. */
  NOTHING
}

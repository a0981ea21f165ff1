package io.promptbeam.pipeline.engine;

/** What an attempt learned about the provider, said once, when its permit is released. */
enum CallReport {
  /** It gave an answer, at the first attempt at the job. */
  ANSWERED,
  /** It gave an answer to a retry. */
  RETRY_ANSWERED,
  /** It is there and refused the call, or said it is busy. */
  REFUSED,
  /** It failed, could not be reached or did not answer in time. */
  FAILED,
  /** A call was made and given up by us. */
  GIVEN_UP,
  /** There was no call. */
  NOT_CALLED
}

package io.promptbeam.pipeline.llm;

/** What a provider's error comes to, where it says more than its HTTP status. */
enum ErrorClass {
  /** It says no more: see {@link ErrorAnswers}. */
  BY_STATUS,
  THROTTLED,
  TRANSIENT,
  INVALID_REQUEST,
  AUTH,
  QUOTA_EXHAUSTED,
  CONTEXT_LENGTH,
  REFUSED
}

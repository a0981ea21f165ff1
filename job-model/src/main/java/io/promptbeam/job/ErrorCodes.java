package io.promptbeam.job;

/** The codes a job's error may carry. Callers branch on them: add, do not rename. */
public final class ErrorCodes {
  /** The provider refused the request (400, 404, 413, 422). */
  public static final String INVALID_REQUEST = "invalid_request";

  /** The model or the provider's filter refused to answer this content: trying again is no use. */
  public static final String CONTENT_REFUSED = "content_refused";

  /** The request, or it and the output it asks for, is longer than the model can take. */
  public static final String CONTEXT_LENGTH = "context_length_exceeded";

  /** The account at the provider has nothing left: credit, or a limit of a day or longer. */
  public static final String QUOTA_EXHAUSTED = "provider_quota_exhausted";

  /** The answer does not meet the job's output_schema, nor did another one. */
  public static final String INVALID_OUTPUT = "invalid_output";

  /** The provider refused our credentials (401, 403): the operator must act. */
  public static final String PROVIDER_AUTH = "provider_auth";

  /** The provider asked for fewer requests, until attempts ran out. */
  public static final String RATE_LIMITED = "rate_limited";

  /** The provider failed (5xx, 408, 409, 425), until attempts ran out. */
  public static final String PROVIDER_ERROR = "provider_error";

  /** No connection to the provider, or it broke before the answer was complete. */
  public static final String CONNECTION = "connection_error";

  /** A time limit of the call passed; the message says which. */
  public static final String TIMEOUT = "timeout";

  /** The provider answered 2xx with something that is not an answer. */
  public static final String MALFORMED_ANSWER = "malformed_answer";

  /** The provider answered 2xx, and there is nothing in the answer. */
  public static final String EMPTY_ANSWER = "empty_answer";

  /** The provider's answer is larger than we keep. */
  public static final String ANSWER_TOO_LARGE = "answer_too_large";

  /** The job names a model that the catalog no longer has. */
  public static final String UNKNOWN_MODEL = "unknown_model";

  /** The owner's budget of the day is used up, and its policy is that jobs fail then, uncalled. */
  public static final String BUDGET_EXCEEDED = "budget_exceeded";

  /** Every attempt ended with its worker, not with an answer. */
  public static final String POISON = "poison";

  /** The last attempt was given up because its worker was shut down. */
  public static final String WORKER_STOPPED = "worker_stopped";

  /** The deadline passed before an answer came. */
  public static final String DEADLINE_EXCEEDED = "deadline_exceeded";

  /** The caller cancelled. */
  public static final String CANCELLED = "cancelled";

  /** A defect of ours; the log has the details under the job's id. */
  public static final String INTERNAL = "internal_error";

  private ErrorCodes() {}
}

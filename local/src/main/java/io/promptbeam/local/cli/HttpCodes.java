package io.promptbeam.local.cli;

/** The HTTP statuses the client verbs tell apart. */
final class HttpCodes {
  static final int ACCEPTED = 202;
  static final int BAD_REQUEST = 400;
  static final int UNAUTHORIZED = 401;
  static final int FORBIDDEN = 403;
  static final int CONFLICT = 409;
  static final int TOO_MANY_REQUESTS = 429;

  private HttpCodes() {}
}

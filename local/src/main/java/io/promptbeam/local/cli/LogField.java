package io.promptbeam.local.cli;

/**
 * Every field that a line of the log may have where it is JSON. A record has more than these, and
 * somebody's code may hang anything on it: what is not named here is not written.
 */
enum LogField {
  SEVERITY("severity"),
  TIME("time"),
  LOGGER("logger"),
  /** With the stack trace below, where Error Reporting looks for it. */
  MESSAGE("message"),
  /** Under these names Cloud Logging shows a line beside the span in which it was written. */
  TRACE("logging.googleapis.com/trace"),
  SPAN("logging.googleapis.com/spanId"),
  SAMPLED("logging.googleapis.com/trace_sampled"),
  /** By {@code service} and {@code version}, Error Reporting tells errors of services apart. */
  SERVICE("serviceContext");

  private final String wireName;

  LogField(String wireName) {
    this.wireName = wireName;
  }

  String wireName() {
    return wireName;
  }
}

package io.promptbeam.pipeline.simulation;

import io.promptbeam.job.JobId;
import io.promptbeam.job.Usage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** One call a provider received. */
final class SimCall {
  enum Outcome {
    RUNNING,
    ANSWERED,
    FAILED,
    REFUSED,
    GIVEN_UP
  }

  final int number;
  final JobId job;
  final SimProcess caller;
  final int callerIncarnation;
  final long startedNanos;
  Outcome outcome = Outcome.RUNNING;
  String token = "";

  SimCall(int number, JobId job, SimProcess caller, long startedNanos) {
    this.number = number;
    this.job = job;
    this.caller = caller;
    this.callerIncarnation = caller.incarnation();
    this.startedNanos = startedNanos;
  }

  String callerLabel() {
    return caller.name + "." + callerIncarnation;
  }

  byte[] body() {
    return ("{\"call\":" + number + "}").getBytes(StandardCharsets.UTF_8);
  }

  /** Unlike any other call's. */
  Usage usage() {
    return Usage.of(1_000 + number, 10);
  }

  @Override
  public String toString() {
    return "call "
        + number
        + " by "
        + callerLabel()
        + " at "
        + Duration.ofNanos(startedNanos)
        + " under "
        + token
        + ": "
        + outcome;
  }
}

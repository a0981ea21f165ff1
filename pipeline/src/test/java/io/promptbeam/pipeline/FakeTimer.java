package io.promptbeam.pipeline;

import org.apache.beam.sdk.state.Timer;
import org.joda.time.Duration;
import org.joda.time.Instant;

/** Only tells whether it is set, for calling a DoFn by hand. */
final class FakeTimer implements Timer {
  boolean isSet;

  @Override
  public void set(Instant absoluteTime) {
    isSet = true;
  }

  @Override
  public void setRelative() {
    isSet = true;
  }

  @Override
  public void clear() {
    isSet = false;
  }

  @Override
  public Timer offset(Duration offset) {
    return this;
  }

  @Override
  public Timer align(Duration period) {
    return this;
  }

  @Override
  public Timer withOutputTimestamp(Instant outputTime) {
    return this;
  }

  @Override
  public Timer withNoOutputTimestamp() {
    return this;
  }

  @Override
  public Instant getCurrentRelativeTime() {
    return Instant.EPOCH;
  }
}

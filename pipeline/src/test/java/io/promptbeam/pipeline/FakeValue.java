package io.promptbeam.pipeline;

import org.apache.beam.sdk.state.ValueState;
import org.jspecify.annotations.Nullable;

/** A key's state, for calling a DoFn by hand. */
final class FakeValue implements ValueState<String> {
  @Nullable String value;

  @Override
  public void write(String input) {
    value = input;
  }

  @Override
  public @Nullable String read() {
    return value;
  }

  @Override
  public ValueState<String> readLater() {
    return this;
  }

  @Override
  public void clear() {
    value = null;
  }
}

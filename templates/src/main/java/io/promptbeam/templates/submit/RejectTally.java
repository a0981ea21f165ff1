package io.promptbeam.templates.submit;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderRegistry;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.transforms.Combine;

/**
 * How many rows cannot be used.
 *
 * @param first some of them, with their reasons
 */
record RejectTally(long count, ArrayList<Example> first) implements Serializable {
  static final RejectTally NONE = new RejectTally(0, new ArrayList<>());
  private static final int SHOWN = 10;

  /** A row and why it cannot be used. */
  record Example(String row, String code, String reason) implements Serializable {}

  RejectTally plus(RejectTally other) {
    List<Example> all = new ArrayList<>(first);
    all.addAll(other.first);
    all.sort(
        Comparator.comparingInt((Example each) -> each.row.length()).thenComparing(Example::row));
    return new RejectTally(
        count + other.count, new ArrayList<>(all.subList(0, Math.min(SHOWN, all.size()))));
  }

  /** For a person. */
  String text() {
    StringBuilder text = new StringBuilder();
    text.append(count).append(count == 1 ? " row" : " rows").append(" cannot be used.");
    first.forEach(each -> text.append(' ').append(each.row).append(": ").append(each.reason));
    return text.append(count > first.size() ? " And others." : "").toString();
  }

  /** Counts them. */
  static final class Tally extends Combine.CombineFn<Reject, RejectTally, RejectTally> {
    private static final long serialVersionUID = 1L;

    @Override
    public RejectTally createAccumulator() {
      return NONE;
    }

    @Override
    public RejectTally addInput(RejectTally sum, Reject reject) {
      Example example = new Example(reject.row(), reject.code(), reject.reason());
      return sum.plus(new RejectTally(1, new ArrayList<>(List.of(example))));
    }

    @Override
    public RejectTally mergeAccumulators(Iterable<RejectTally> sums) {
      RejectTally all = NONE;
      for (RejectTally each : sums) {
        all = all.plus(each);
      }
      return all;
    }

    @Override
    public RejectTally extractOutput(RejectTally sum) {
      return sum;
    }

    @Override
    public Coder<RejectTally> getAccumulatorCoder(CoderRegistry registry, Coder<Reject> input) {
      return SerializableCoder.of(RejectTally.class);
    }

    @Override
    public Coder<RejectTally> getDefaultOutputCoder(CoderRegistry registry, Coder<Reject> input) {
      return SerializableCoder.of(RejectTally.class);
    }
  }
}

package io.promptbeam.local.admin;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.ArrayList;
import java.util.List;

/**
 * The samples of one metric of ours, as they are read. Its name is without {@code promptbeam_} and,
 * of a counter, without {@code _total}. Not thread-safe.
 */
abstract sealed class Family {
  private static final String PREFIX = "promptbeam_";

  final String name;
  final String help;
  private final String[] labelNames;

  private Family(String name, String help, String... labelNames) {
    this.name = PREFIX + name;
    this.help = help;
    this.labelNames = labelNames;
  }

  abstract MetricSnapshot read();

  final Labels labels(String... values) {
    return Labels.of(labelNames, values);
  }

  /** Only grows, but for a restart. */
  static final class Count extends Family {
    private final List<CounterSnapshot.CounterDataPointSnapshot> samples = new ArrayList<>();

    Count(String name, String help, String... labelNames) {
      super(name, help, labelNames);
    }

    void add(long value, String... labelValues) {
      add((double) value, labelValues);
    }

    void add(double value, String... labelValues) {
      samples.add(
          CounterSnapshot.CounterDataPointSnapshot.builder()
              .labels(labels(labelValues))
              .value(value)
              .build());
    }

    @Override
    MetricSnapshot read() {
      var read = CounterSnapshot.builder().name(name).help(help);
      samples.forEach(read::dataPoint);
      return read.build();
    }
  }

  /** Goes up and down. */
  static final class Level extends Family {
    private final List<GaugeSnapshot.GaugeDataPointSnapshot> samples = new ArrayList<>();

    Level(String name, String help, String... labelNames) {
      super(name, help, labelNames);
    }

    void add(long value, String... labelValues) {
      add((double) value, labelValues);
    }

    void add(double value, String... labelValues) {
      samples.add(
          GaugeSnapshot.GaugeDataPointSnapshot.builder()
              .labels(labels(labelValues))
              .value(value)
              .build());
    }

    @Override
    MetricSnapshot read() {
      var read = GaugeSnapshot.builder().name(name).help(help);
      samples.forEach(read::dataPoint);
      return read.build();
    }
  }

  /** Seconds by classes. */
  static final class Seconds extends Family {
    private final List<HistogramSnapshot.HistogramDataPointSnapshot> samples = new ArrayList<>();
    private final double[] bounds;

    /**
     * A histogram.
     *
     * @param boundsSeconds upper bounds of the classes, rising; one more class is above them all
     */
    Seconds(String name, String help, double[] boundsSeconds, String... labelNames) {
      super(name, help, labelNames);
      bounds = new double[boundsSeconds.length + 1];
      System.arraycopy(boundsSeconds, 0, bounds, 0, boundsSeconds.length);
      bounds[boundsSeconds.length] = Double.POSITIVE_INFINITY;
    }

    /**
     * Adds a sample.
     *
     * @param counts of each class alone
     */
    void add(long[] counts, double sumSeconds, String... labelValues) {
      samples.add(
          HistogramSnapshot.HistogramDataPointSnapshot.builder()
              .labels(labels(labelValues))
              .classicHistogramBuckets(ClassicHistogramBuckets.of(bounds, counts))
              .sum(sumSeconds)
              .build());
    }

    @Override
    MetricSnapshot read() {
      var read = HistogramSnapshot.builder().name(name).help(help);
      samples.forEach(read::dataPoint);
      return read.build();
    }
  }
}

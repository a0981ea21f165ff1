package io.promptbeam.local.admin;

import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmHeapPressureMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.promptbeam.api.http.HttpFigures;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.local.stack.PipelineCounts;
import io.promptbeam.pipeline.engine.ModelFigures;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * All figures of this process for Prometheus: those of the JVM, and those of the parts it is told
 * of. Nothing is counted twice for it: the parts count, and are read when somebody asks. No label
 * is an owner, a job or anything else that a caller wrote. Thread-safe.
 */
public final class Readings implements AutoCloseable {
  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics gc = new JvmGcMetrics();
  private final JvmHeapPressureMetrics heap = new JvmHeapPressureMetrics();

  public Readings(String version) {
    List<MeterBinder> ofJvm =
        List.of(
            gc,
            heap,
            new JvmMemoryMetrics(),
            new JvmThreadMetrics(),
            new ClassLoaderMetrics(),
            new ProcessorMetrics(),
            new FileDescriptorMetrics(),
            new UptimeMetrics());
    ofJvm.forEach(binder -> binder.bindTo(registry));
    registry
        .getPrometheusRegistry()
        .register(
            () -> {
              var build = new Family.Level("build_info", "1: the version that runs", "version");
              build.add(1, version);
              return MetricSnapshots.of(build.read());
            });
  }

  /** Of the HTTP service. */
  public void add(Supplier<HttpFigures.Snapshot> figures) {
    registry.getPrometheusRegistry().register(new HttpReadings(figures));
  }

  /** Of the pipeline and its engine, with the limits it keeps to. */
  public void add(
      Supplier<List<ModelFigures>> figures,
      Supplier<ModelCatalog> catalog,
      Supplier<PipelineCounts> counts,
      BooleanSupplier runs) {
    var ours = registry.getPrometheusRegistry();
    ours.register(new EngineReadings(figures, catalog));
    ours.register(new LimitReadings(catalog));
    ours.register(new PipelineReadings(counts, runs));
  }

  /** All of them now, in Prometheus's text format. */
  String text() {
    return registry.scrape(CONTENT_TYPE);
  }

  @Override
  public void close() {
    gc.close();
    heap.close();
    registry.close();
  }
}

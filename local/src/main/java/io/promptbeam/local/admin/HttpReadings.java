package io.promptbeam.local.admin;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.promptbeam.api.http.HttpFigures;
import java.util.function.Supplier;

/** The HTTP service's figures, read when they are asked for. */
final class HttpReadings implements MultiCollector {
  private final Supplier<HttpFigures.Snapshot> figures;

  HttpReadings(Supplier<HttpFigures.Snapshot> figures) {
    this.figures = figures;
  }

  @Override
  public MetricSnapshots collect() {
    HttpFigures.Snapshot now = figures.get();
    var requests =
        new Family.Count(
            "http_requests",
            "Requests answered, by the route as it was declared",
            "route",
            "method",
            "status");
    for (HttpFigures.Answers answers : now.answers()) {
      requests.add(
          answers.count(), answers.route(), answers.method(), Integer.toString(answers.status()));
    }
    var seconds =
        new Family.Seconds(
            "http_request_seconds",
            "How long answers took, long polls with their wait",
            HttpFigures.boundsSeconds().stream().mapToDouble(bound -> bound).toArray(),
            "route");
    for (HttpFigures.Times times : now.times()) {
      if (times.count() > 0) {
        seconds.add(
            times.counts().stream().mapToLong(count -> count).toArray(),
            times.sumSeconds(),
            times.route());
      }
    }
    var inFlight =
        new Family.Level("http_requests_in_flight", "Requests that came and are not answered");
    inFlight.add(now.inFlight());
    return MetricSnapshots.of(requests.read(), seconds.read(), inFlight.read());
  }
}

package io.promptbeam.api.http;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * What one server was asked and what it answered since it was made. Every request that began is
 * either in flight or answered once, under one route, method and status; the times of a route count
 * as many requests as its answers. A request held by {@code Prefer: wait} counts with its wait.
 *
 * <p>Labels come from the routes and not from callers, so there are as many as there are routes.
 * Thread-safe; counting neither locks nor allocates.
 */
public final class HttpFigures {
  /** The route of what no route took: a path that is not there, a wrong method, OPTIONS. */
  public static final String UNROUTED = "unrouted";

  /** The route of what was refused before it reached the routes: malformed, oversize, too late. */
  public static final String UNREADABLE = "unreadable";

  /** Any method that no route has. */
  public static final String OTHER_METHOD = "OTHER";

  private static final List<String> METHODS =
      List.of("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", OTHER_METHOD);

  private static final long[] BOUNDS_MICROS = {
    1_000,
    2_500,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    30_000_000,
    60_000_000
  };

  private static final int LEAST_STATUS = 100;
  private static final int STATUSES = 500;

  private final Map<String, OfRoute> byRoute = new HashMap<>();
  private final LongAdder begun = new LongAdder();

  /**
   * Figures at one moment.
   *
   * @param inFlight requests that came and are not answered yet
   */
  public record Snapshot(long inFlight, List<Answers> answers, List<Times> times) {}

  /**
   * How often one answer was given.
   *
   * @param route its path as it was declared, such as {@code /api/llm/jobs/:job_id/status}
   */
  public record Answers(String route, String method, int status, long count) {}

  /**
   * How long the answers of a route took.
   *
   * @param counts one per bound of {@link #boundsSeconds}, of times up to it and above the one
   *     before, and one more of those above them all
   */
  public record Times(String route, List<Long> counts, double sumSeconds) {
    public long count() {
      return counts.stream().mapToLong(Long::longValue).sum();
    }
  }

  public HttpFigures(Collection<Route> routes) {
    routes.forEach(route -> byRoute.computeIfAbsent(route.path(), path -> new OfRoute()));
    byRoute.put(UNROUTED, new OfRoute());
    byRoute.put(UNREADABLE, new OfRoute());
  }

  /** Upper bounds of the classes of times. */
  public static List<Double> boundsSeconds() {
    List<Double> bounds = new ArrayList<>();
    for (long micros : BOUNDS_MICROS) {
      bounds.add(micros / 1e6);
    }
    return bounds;
  }

  /** The method as a label. */
  public static String methodLabel(String method) {
    return METHODS.contains(method) ? method : OTHER_METHOD;
  }

  /** A request has come. */
  public void began() {
    begun.increment();
  }

  /** A request that {@link #began} has its answer, or broke off on the way. */
  public void ended(String route, String method, int status, long nanos) {
    OfRoute figures = byRoute.get(route);
    if (figures == null) {
      throw new IllegalArgumentException("no route " + route);
    }
    figures.count(method, status, TimeUnit.NANOSECONDS.toMicros(nanos));
  }

  /** Answered before anybody could say where it belongs. */
  public void unreadable(int status) {
    began();
    ended(UNREADABLE, OTHER_METHOD, status, 0);
  }

  /** Exact when nothing is under way, else off by what happens meanwhile; never negative. */
  public Snapshot snapshot() {
    List<Answers> answers = new ArrayList<>();
    List<Times> times = new ArrayList<>();
    new TreeMap<>(byRoute)
        .forEach(
            (route, figures) -> {
              figures.addAnswers(route, answers);
              times.add(figures.times(route));
            });
    long ended = answers.stream().mapToLong(Answers::count).sum();
    // Read last: what began is never behind what ended.
    return new Snapshot(begun.sum() - ended, List.copyOf(answers), List.copyOf(times));
  }

  private static final class OfRoute {
    private final AtomicReferenceArray<AtomicLongArray> byMethod =
        new AtomicReferenceArray<>(METHODS.size());
    private final AtomicLongArray classes = new AtomicLongArray(BOUNDS_MICROS.length + 1);
    private final LongAdder sumMicros = new LongAdder();

    void count(String method, int status, long micros) {
      int bound = 0;
      while (bound < BOUNDS_MICROS.length && micros > BOUNDS_MICROS[bound]) {
        bound++;
      }
      classes.incrementAndGet(bound);
      sumMicros.add(micros);
      int index = METHODS.indexOf(method);
      statuses(index < 0 ? METHODS.size() - 1 : index)
          .incrementAndGet(Math.max(0, Math.min(STATUSES - 1, status - LEAST_STATUS)));
    }

    private AtomicLongArray statuses(int method) {
      AtomicLongArray known = byMethod.get(method);
      if (known == null) {
        byMethod.compareAndSet(method, null, new AtomicLongArray(STATUSES));
        known = byMethod.get(method);
      }
      return known;
    }

    void addAnswers(String route, List<Answers> answers) {
      for (int method = 0; method < METHODS.size(); method++) {
        AtomicLongArray statuses = byMethod.get(method);
        for (int status = 0; statuses != null && status < STATUSES; status++) {
          long count = statuses.get(status);
          if (count > 0) {
            answers.add(new Answers(route, METHODS.get(method), LEAST_STATUS + status, count));
          }
        }
      }
    }

    Times times(String route) {
      List<Long> counts = new ArrayList<>();
      for (int i = 0; i < classes.length(); i++) {
        counts.add(classes.get(i));
      }
      return new Times(route, List.copyOf(counts), sumMicros.sum() / 1e6);
    }
  }
}

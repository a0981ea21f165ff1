package io.promptbeam.pipeline.llm;

import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobError;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP of one worker: bounded in time, in its parts and from start to the last byte, and
 * cancellable. Thread-safe, never blocks, never retries.
 */
final class HttpCalls implements AutoCloseable {
  private static final String KEEP_ALIVE_PROPERTY = "jdk.httpclient.keepalive.timeout";

  /** Many servers close idle connections after 5 s; a reuse at that moment would break. */
  private static final String KEEP_ALIVE_SECONDS = "4";

  private static final long EXECUTOR_IDLE_SECONDS = 10;

  static {
    // Read once, when the first client of the process is built.
    if (System.getProperty(KEEP_ALIVE_PROPERTY) == null) {
      System.setProperty(KEEP_ALIVE_PROPERTY, KEEP_ALIVE_SECONDS);
    }
  }

  private final Map<Duration, HttpClient> clientByConnectTimeout = new ConcurrentHashMap<>();
  private final Set<Runnable> aborts = ConcurrentHashMap.newKeySet();
  private final ThreadPoolExecutor executor;
  private final ScheduledThreadPoolExecutor timer;
  private volatile boolean closed;

  HttpCalls() {
    int threads = Math.max(2, Runtime.getRuntime().availableProcessors());
    executor =
        new ThreadPoolExecutor(
            threads,
            threads,
            EXECUTOR_IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            daemons("llm-http"));
    executor.allowCoreThreadTimeOut(true);
    timer = new ScheduledThreadPoolExecutor(1, daemons("llm-timeout"));
    timer.setRemoveOnCancelPolicy(true);
    loadErrors();
  }

  private static ThreadFactory daemons(String name) {
    var count = new AtomicInteger();
    return task -> {
      var thread = new Thread(task, name + "-" + count.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  /** The connect timeout belongs to a client, so models that differ in it have different ones. */
  HttpClient client(Duration connectTimeout) {
    return clientByConnectTimeout.computeIfAbsent(
        connectTimeout,
        timeout ->
            HttpClient.newBuilder()
                .version(Version.HTTP_1_1)
                .followRedirects(Redirect.NEVER)
                .connectTimeout(timeout)
                .executor(executor)
                .build());
  }

  /** Turns what came of an exchange into an answer. */
  interface Reader<B, T> {
    /**
     * Reads a response.
     *
     * @throws LlmException when it is no answer
     */
    T read(HttpResponse<B> response);

    /** Explains why there is no response. */
    LlmException explain(Throwable failure);
  }

  /**
   * Starts an exchange. The future fails only with {@link LlmException}; cancelling it, or a limit
   * that passes, closes the connection.
   *
   * @param request without its body
   */
  <B, T> CompletableFuture<T> start(
      HttpClient client,
      HttpRequest.Builder request,
      byte[] body,
      BodyHandler<B> bodyHandler,
      CallLimits limits,
      Reader<B, T> reader) {
    var result = new CompletableFuture<T>();
    if (closed || limits.whole().isNegative() || limits.whole().isZero()) {
      result.completeExceptionally(closed ? stopping() : limits.wholePassed());
      return result;
    }
    Runnable abort = () -> result.completeExceptionally(stopping());
    aborts.add(abort);
    CompletableFuture<HttpResponse<B>> exchange;
    var alarm = new Alarm(result, new CallProgress(limits, System.nanoTime()));
    try {
      alarm.arm();
      exchange =
          client.sendAsync(
              request.POST(WatchedBodies.publisher(body, alarm.progress)).build(),
              WatchedBodies.handler(bodyHandler, alarm.progress));
    } catch (RuntimeException e) {
      aborts.remove(abort);
      result.completeExceptionally(reader.explain(e));
      alarm.disarm();
      return result;
    }
    var unusedExchange =
        exchange.whenComplete((response, failure) -> finish(result, response, failure, reader));
    var unusedResult =
        result.whenComplete(
            (answer, failure) -> {
              aborts.remove(abort);
              alarm.disarm();
              if (!exchange.isDone()) {
                exchange.cancel(true);
              }
            });
    if (closed) {
      abort.run();
    }
    return result;
  }

  /**
   * Ends a call when one of its limits passes. Progress does not touch the timer: the alarm goes
   * off when a limit could have passed, looks, and mostly sets itself again. So a call costs one
   * entry in the timer, and another each time it has gone on for as long as its shortest limit.
   */
  private final class Alarm implements Runnable {
    private final CompletableFuture<?> result;
    private final CallProgress progress;
    private volatile @Nullable Future<?> entry;

    Alarm(CompletableFuture<?> result, CallProgress progress) {
      this.result = result;
      this.progress = progress;
    }

    void arm() {
      entry = timer.schedule(this, progress.quietNanos(System.nanoTime()), TimeUnit.NANOSECONDS);
      if (result.isDone()) {
        disarm();
      }
    }

    void disarm() {
      var current = entry;
      if (current != null) {
        current.cancel(false);
      }
    }

    @Override
    public void run() {
      if (result.isDone()) {
        return;
      }
      Optional<LlmException> passed = progress.passed(System.nanoTime());
      if (passed.isPresent()) {
        result.completeExceptionally(passed.get());
      } else if (!closed) {
        arm();
      }
    }
  }

  private static <B, T> void finish(
      CompletableFuture<T> result,
      HttpResponse<B> response,
      Throwable failure,
      Reader<B, T> reader) {
    if (result.isDone()) {
      return;
    }
    try {
      if (failure != null) {
        result.completeExceptionally(reader.explain(failure));
      } else {
        result.complete(reader.read(response));
      }
    } catch (LlmException e) {
      result.completeExceptionally(e);
    } catch (RuntimeException | Error e) {
      // Otherwise the call would never end for whoever waits for it.
      result.completeExceptionally(reader.explain(e));
    }
  }

  /**
   * Out of files, the platform's client drops calls without a word, and then only the timeout still
   * ends them. Its error must be loaded by then: a class that cannot be read once stays unusable.
   */
  private static void loadErrors() {
    var second = Duration.ofSeconds(1);
    for (boolean jobEndsFirst : new boolean[] {true, false}) {
      var limits = new CallLimits(second, second, second, jobEndsFirst);
      var unused =
          List.of(
              limits.firstBytePassed(),
              limits.betweenChunksPassed(),
              limits.wholePassed(),
              CallLimits.connectPassed(second),
              stopping());
    }
  }

  private static LlmException stopping() {
    return new LlmException.Transient(
        JobError.of(ErrorCodes.CONNECTION, "the worker is stopping"), Optional.empty());
  }

  /** Aborts the calls in flight. The client's threads end by themselves once it is unreachable. */
  @Override
  public void close() {
    closed = true;
    aborts.forEach(Runnable::run);
    timer.shutdownNow();
    clientByConnectTimeout.clear();
  }
}

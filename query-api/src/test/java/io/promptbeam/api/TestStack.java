package io.promptbeam.api;

import io.promptbeam.batch.BatchId;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.Pricing;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.catalog.SecretReference;
import io.promptbeam.catalog.Timeouts;
import io.promptbeam.job.Calls;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Usage;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.message.JobReference;
import io.promptbeam.store.InMemoryJobStore;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.Jobs;
import io.promptbeam.store.StoreUnavailableException;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** A server over a store in memory and a publisher that records; a worker's acts by hand. */
final class TestStack implements AutoCloseable {
  static final String ANSWER =
      "{\"id\":\"c1\",\"choices\":[{\"message\":{\"content\":\"Hello.\"}}],\"x\":1.50}";

  final InMemoryJobStore memory = new InMemoryJobStore();
  final List<JobReference> published = new CopyOnWriteArrayList<>();
  final Jobs jobs = new Jobs(memory, Clock.systemUTC());
  final ApiServer server;

  /** Only the watcher of waiting requests reads in bulk. */
  final CountDownLatch bulkRead = new CountDownLatch(1);

  volatile boolean storeFails;
  volatile CompletableFuture<Void> publishAnswer = CompletableFuture.completedFuture(null);

  TestStack(ApiConfig config) {
    this(config, catalog(), Clock.systemUTC());
  }

  TestStack(ApiConfig config, ModelCatalog catalog, Clock clock) {
    server = new ApiServer(config, store(), publisher(), catalog, clock);
    try {
      server.start();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static ModelCatalog catalog() {
    return new ModelCatalog(
        List.of(
            new ModelConfig(
                "m",
                ProviderKind.OPENAI,
                Optional.of(URI.create("http://secret-host/v1")),
                Optional.of(new SecretReference.Env("SECRET_KEY")),
                "upstream",
                new RateLimits(60, RateLimits.UNLIMITED, 10),
                new Pricing(new BigDecimal("0.15"), new BigDecimal("0.60")),
                Timeouts.DEFAULT,
                Optional.empty())));
  }

  /** The store in memory, until {@link #storeFails}. */
  private JobStore store() {
    return (JobStore)
        Proxy.newProxyInstance(
            JobStore.class.getClassLoader(),
            new Class<?>[] {JobStore.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("read") && arguments[0] instanceof Collection<?>) {
                bulkRead.countDown();
              }
              if (storeFails) {
                return CompletableFuture.failedFuture(
                    new StoreUnavailableException("down", new IOException("secret address")));
              }
              try {
                return method.invoke(memory, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private JobPublisher publisher() {
    return new JobPublisher() {
      @Override
      public CompletableFuture<Void> publish(JobReference reference) {
        published.add(reference);
        return publishAnswer;
      }

      @Override
      public CompletableFuture<Void> publishBatch(BatchId batch, Owner owner) {
        throw new UnsupportedOperationException("no batches here");
      }

      @Override
      public CompletableFuture<Void> publishTogether(List<JobReference> references) {
        published.addAll(references);
        return publishAnswer;
      }

      @Override
      public void close() {}
    };
  }

  void claim(String jobId) {
    apply(jobId, new JobEvent.Claim("token", Duration.ofMinutes(1)), Optional.empty());
  }

  void complete(String jobId) {
    claim(jobId);
    finish(jobId);
  }

  /** Ends a claimed job. */
  void finish(String jobId) {
    apply(
        jobId,
        new JobEvent.Complete("token", Calls.paid(Usage.of(10, 5), new BigDecimal("0.0000045"))),
        Optional.of(ANSWER.getBytes(StandardCharsets.UTF_8)));
  }

  void apply(String jobId, JobEvent event, Optional<byte[]> result) {
    var job = memory.read(JobId.parse(jobId).orElseThrow(), Set.of()).join().orElseThrow();
    var applied = jobs.apply(job, event, result).join();
    if (!(applied instanceof Jobs.Applied.Done)) {
      throw new AssertionError(applied);
    }
  }

  @Override
  public void close() {
    server.close();
  }
}

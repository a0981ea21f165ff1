package io.promptbeam.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.pipeline.engine.CallEngine;
import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.store.JobStore;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class InProcessWorkersTest {
  private static final class CountingWorker implements Worker {
    private final CountDownLatch mayClose = new CountDownLatch(1);
    private final AtomicInteger closed = new AtomicInteger();

    @Override
    public JobStore store() {
      throw new UnsupportedOperationException("not used");
    }

    @Override
    public LlmClients clients() {
      throw new UnsupportedOperationException("not used");
    }

    @Override
    public CallEngine engine() {
      throw new UnsupportedOperationException("not used");
    }

    @Override
    public void close() {
      try {
        mayClose.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      closed.incrementAndGet();
    }
  }

  private static final Duration SHORT = Duration.ofMillis(50);

  private final CountingWorker worker = new CountingWorker();
  private final Worker.Factory lent = InProcessWorkers.lend(worker);

  @Test
  void worker_isClosedOnce_whenNoDoFnEverTookIt() throws Exception {
    worker.mayClose.countDown();

    assertThat(InProcessWorkers.awaitClosed(lent, SHORT)).isTrue();
    assertThat(InProcessWorkers.awaitClosed(lent, SHORT)).isTrue();

    assertThat(worker.closed.get()).isEqualTo(1);
    assertThatThrownBy(lent::open).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void worker_isWaitedFor_whenAnotherThreadOfTheRunnerIsClosingIt() throws Exception {
    SharedWorker taken = SharedWorker.acquire(lent);
    assertThat(InProcessWorkers.awaitClosed(lent, SHORT)).isFalse();

    Thread tearDown = new Thread(taken::close);
    tearDown.start();
    assertThat(InProcessWorkers.awaitClosed(lent, SHORT)).isFalse();
    assertThat(worker.closed.get()).isZero();

    worker.mayClose.countDown();
    assertThat(InProcessWorkers.awaitClosed(lent, Duration.ofMinutes(1))).isTrue();
    assertThat(worker.closed.get()).isEqualTo(1);
    tearDown.join();
  }
}

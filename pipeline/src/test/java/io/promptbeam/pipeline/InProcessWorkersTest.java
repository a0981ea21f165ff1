package io.promptbeam.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.pipeline.engine.CallEngine;
import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.store.JobStore;
import org.junit.jupiter.api.Test;

class InProcessWorkersTest {
  private static final class CountingWorker implements Worker {
    private int closed;

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
      closed++;
    }
  }

  private final CountingWorker worker = new CountingWorker();
  private final Worker.Factory lent = InProcessWorkers.lend(worker);

  @Test
  void worker_isClosedOnce_whenNoDoFnEverTookIt() {
    InProcessWorkers.closeUnused(lent);
    InProcessWorkers.closeUnused(lent);

    assertThat(worker.closed).isEqualTo(1);
    assertThatThrownBy(lent::open).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void worker_isLeftToItsDoFns_whenOneTookIt() {
    SharedWorker taken = SharedWorker.acquire(lent);

    InProcessWorkers.closeUnused(lent);
    assertThat(worker.closed).isZero();

    taken.close();
    assertThat(worker.closed).isEqualTo(1);
  }
}

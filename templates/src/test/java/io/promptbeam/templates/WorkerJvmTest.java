package io.promptbeam.templates;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ServiceLoader;
import org.apache.beam.sdk.harness.JvmInitializer;
import org.junit.jupiter.api.Test;

class WorkerJvmTest {
  private static final String POOL = "java.util.concurrent.ForkJoinPool.common.parallelism";

  @Test
  void worker_findsIt_byTheServiceFile() {
    assertThat(ServiceLoader.load(JvmInitializer.class).stream())
        .anyMatch(provider -> provider.type() == WorkerJvm.class);
  }

  @Test
  void commonPool_hasTwoThreads_onSmallMachinesOnly() {
    assertThat(WorkerJvm.settings(2)).containsEntry(POOL, "2");
    assertThat(WorkerJvm.settings(4)).doesNotContainKey(POOL);
  }

  @Test
  void idleConnections_areLeftAlone_beforeServersCloseThem() {
    assertThat(WorkerJvm.settings(8)).containsEntry("jdk.httpclient.keepalive.timeout", "4");
  }
}

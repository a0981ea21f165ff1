package io.promptbeam.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptbeam.job.Owner;
import io.promptbeam.message.JobMessage;
import io.promptbeam.message.JobReference;
import io.promptbeam.pipeline.llm.ScriptedClients;
import io.promptbeam.store.InMemoryJobStore;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.StoreUnavailableException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class InlineJobsTest {
  private static final JobMessage.Inline MESSAGE =
      new JobMessage.Inline(
          Owner.LOCAL,
          "key-1",
          JsonNodeFactory.instance.objectNode().put("model_id", "m").put("full_input", "Hello"));

  private final InMemoryJobStore store = new InMemoryJobStore();
  private final List<String> asked = new ArrayList<>();
  private final List<Duration> slept = new ArrayList<>();

  private InlineJobs jobs(int failures) {
    JobStore flaky =
        (JobStore)
            Proxy.newProxyInstance(
                JobStore.class.getClassLoader(),
                new Class<?>[] {JobStore.class},
                (proxy, method, arguments) -> {
                  asked.add(method.getName());
                  return asked.size() <= failures
                      ? CompletableFuture.failedFuture(
                          new StoreUnavailableException("away", new Exception()))
                      : method.invoke(store, arguments);
                });
    return new InlineJobs(flaky, new ScriptedClients()::catalog, slept::add);
  }

  @Test
  void row_isMade_whenTheStoreComesBack() throws Exception {
    JobReference made = jobs(2).create(MESSAGE, Optional.empty());

    assertThat(store.read(made.jobId(), Set.of()).get()).isPresent();
    assertThat(asked).containsExactly("create", "create", "create");
    assertThat(slept).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2));
  }

  @Test
  void creation_fails_whenTheStoreStaysAwayForTenMinutes() {
    assertThatThrownBy(() -> jobs(Integer.MAX_VALUE).create(MESSAGE, Optional.empty()))
        .isInstanceOf(IllegalStateException.class)
        .hasRootCauseInstanceOf(Exception.class);
    assertThat(slept.stream().reduce(Duration.ZERO, Duration::plus))
        .isEqualTo(Duration.ofMinutes(10));
  }
}

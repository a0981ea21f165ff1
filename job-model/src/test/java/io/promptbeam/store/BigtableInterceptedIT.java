package io.promptbeam.store;

import static io.promptbeam.store.TestJobs.T0;
import static io.promptbeam.store.TestJobs.prompt;
import static io.promptbeam.store.TestJobs.spec;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.cloud.bigtable.data.v2.BigtableDataClient;
import com.google.cloud.bigtable.emulator.v2.Emulator;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.promptbeam.job.Calls;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Usage;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The real store and client, whose requests and answers are lost on the way, one in six. */
@Timeout(180)
class BigtableInterceptedIT {
  private static final int JOBS = 300;

  /** Loses requests before they are sent, and answers after they have come. */
  private static final class Losing implements ClientInterceptor {
    private final Random random = new Random(17);
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicInteger answers = new AtomicInteger();
    private volatile boolean on;

    private synchronized int draw() {
      return on ? random.nextInt(12) : -1;
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(
        MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
      int drawn = method.getFullMethodName().contains("CheckAndMutate") ? draw() : -1;
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<A> listener, Metadata headers) {
          if (drawn == 0) {
            requests.incrementAndGet();
            listener.onClose(Status.UNAVAILABLE.withDescription("request lost"), new Metadata());
            return;
          }
          super.start(drawn == 1 ? deaf(listener) : listener, headers);
        }

        @Override
        public void sendMessage(Q message) {
          if (drawn != 0) {
            super.sendMessage(message);
          }
        }

        @Override
        public void halfClose() {
          if (drawn != 0) {
            super.halfClose();
          }
        }

        @Override
        public void request(int messages) {
          if (drawn != 0) {
            super.request(messages);
          }
        }
      };
    }

    private <A> ClientCall.Listener<A> deaf(ClientCall.Listener<A> listener) {
      return new SimpleForwardingClientCallListener<>(listener) {
        @Override
        public void onMessage(A message) {
          answers.incrementAndGet();
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
          super.onClose(Status.UNAVAILABLE.withDescription("answer lost"), trailers);
        }
      };
    }
  }

  @Test
  void jobs_goTheirWayOnce_whenRequestsAndAnswersAreLost() throws Exception {
    Emulator emulator = Emulator.createBundled();
    emulator.start();
    var target = new BigtableTarget.Emulator("127.0.0.1", emulator.getPort());
    BigtableSchema.createMissing(target, BigtableSchema.DEFAULT_RETENTION);
    var losing = new Losing();
    var client =
        BigtableDataClient.create(
            BigtableClients.settings(target, BigtableJobStore.Options.DEFAULT, List.of(losing)));
    try (JobStore store =
        new BigtableJobStore(
            new ClientCalls(client),
            Clock.systemUTC(),
            ConditionalWrite.Pauses.REAL,
            "it-",
            2_000)) {
      losing.on = true;
      Jobs jobs = new Jobs(store, Clock.fixed(T0, ZoneOffset.UTC));
      Owner owner = new Owner("o-" + UUID.randomUUID());
      Set<String> winners = ConcurrentHashMap.newKeySet();
      List<JobSpec> specs = new ArrayList<>();
      List<CompletableFuture<Void>> all = new ArrayList<>();
      for (int i = 0; i < JOBS; i++) {
        JobSpec spec = spec(owner, T0);
        specs.add(spec);
        all.add(
            store
                .create(spec, prompt("?"))
                .thenCompose(
                    creation -> {
                      assertThat(creation.created()).isTrue();
                      return CompletableFuture.allOf(
                          run(jobs, creation.job(), "a", winners),
                          run(jobs, creation.job(), "b", winners));
                    }));
      }
      CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new)).join();
      losing.on = false;

      assertThat(winners).as("one of two claims of each job").hasSize(JOBS);
      for (JobSpec spec : specs) {
        Job job = store.read(spec.id(), Set.of(JobStore.Part.RESULT)).join().orElseThrow();
        assertThat(job.run().state()).isEqualTo(JobState.COMPLETED);
        assertThat(job.run().attempt()).isEqualTo(1);
        String result = new String(job.result().orElseThrow(), UTF_8);
        assertThat(winners).contains(spec.id() + result);
      }
      assertThat(losing.requests.get()).as("requests lost").isPositive();
      assertThat(losing.answers.get()).as("answers lost").isPositive();
    } finally {
      emulator.stop();
    }
  }

  /** Claims, and if that wins, completes with a result that names the claim. */
  private static CompletableFuture<Void> run(
      Jobs jobs, Job job, String token, Set<String> winners) {
    return jobs.apply(job, new JobEvent.Claim(token, Duration.ofMinutes(1)))
        .thenCompose(
            claimed -> {
              if (!(claimed instanceof Jobs.Applied.Done done)) {
                return CompletableFuture.completedFuture(null);
              }
              String result = "\"" + token + "\"";
              assertThat(winners.add(job.spec().id() + result)).isTrue();
              var complete =
                  new JobEvent.Complete(token, Calls.paid(Usage.of(1, 1), BigDecimal.ONE));
              return jobs.apply(done.job(), complete, Optional.of(result.getBytes(UTF_8)))
                  .thenAccept(applied -> assertThat(applied).isInstanceOf(Jobs.Applied.Done.class));
            });
  }
}

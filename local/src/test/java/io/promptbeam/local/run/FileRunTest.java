package io.promptbeam.local.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptbeam.batch.BatchId;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.job.Calls;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Usage;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.message.JobReference;
import io.promptbeam.store.InMemoryJobStore;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.Jobs;
import io.promptbeam.submit.JobSubmitter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class FileRunTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final JobStore store = new InMemoryJobStore();
  private final ByteArrayOutputStream file = new ByteArrayOutputStream();
  private final List<InputLine.Rejected> rejected = new ArrayList<>();
  private Optional<Progress.Counts> lastProgress = Optional.empty();
  private volatile boolean pipelineEnded;

  private final RunListener listener =
      new RunListener() {
        @Override
        public void onRejected(InputLine.Rejected line) {
          rejected.add(line);
        }

        @Override
        public void onProgress(Progress.Counts counts) {
          lastProgress = Optional.of(counts);
        }
      };

  /** A pipeline in a publisher's place: a job has ended when its reference is published. */
  private static final class AtOnce implements JobPublisher {
    private final JobStore store;
    private final Jobs jobs;

    AtOnce(JobStore store) {
      this.store = store;
      this.jobs = new Jobs(store, Clock.systemUTC());
    }

    @Override
    public CompletableFuture<Void> publish(JobReference reference) {
      JobId id = reference.jobId();
      jobs.apply(id, new JobEvent.Claim("t", Duration.ofMinutes(1))).join();
      var job = store.read(id, Set.of(JobStore.Part.REQUEST)).join().orElseThrow();
      String input = ((LlmRequest.Prompt) job.request().orElseThrow()).input();
      if (input.equals("refuse")) {
        JobError error = JobError.of("invalid_request", "no");
        jobs.apply(job, new JobEvent.Fail("t", error, Calls.NONE)).join();
      } else {
        byte[] answer =
            ("{\"choices\":[{\"message\":{\"content\":\"re: " + input + "\"}}]}")
                .getBytes(StandardCharsets.UTF_8);
        JobEvent done =
            new JobEvent.Complete("t", Calls.paid(Usage.of(3, 4), new BigDecimal("0.5")));
        jobs.apply(job, done, Optional.of(answer)).join();
      }
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Void> publishBatch(BatchId batch, Owner owner) {
      throw new UnsupportedOperationException("no batches here");
    }

    @Override
    public CompletableFuture<Void> publishTogether(List<JobReference> references) {
      references.forEach(reference -> publish(reference).join());
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close() {}
  }

  private FileRun run(JobPublisher publisher, Patience.Sleeper sleeper) {
    var settings =
        new LineSubmissions.Settings(
            Owner.LOCAL, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    return new FileRun(
        new FileRun.Parts(
            store,
            new JobSubmitter(store, publisher),
            new LineSubmissions(ModelCatalogLoader.demo(), settings),
            new ResultLines(file),
            listener,
            () -> pipelineEnded,
            Clock.systemUTC()),
        sleeper);
  }

  private static JobLines lines(String text) {
    return new JobLines(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  private List<JsonNode> written() throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : file.toString(StandardCharsets.UTF_8).lines().toList()) {
      lines.add(JSON.readTree(line));
    }
    return lines;
  }

  @Test
  void everyLine_getsAResult_whateverBecameOfIt() throws Exception {
    String input =
        """
        {"custom_id":"a","prompt":"one"}
        oops
        {"custom_id":"b","prompt":"refuse"}
        {"custom_id":"c","prompt":"  "}
        {"custom_id":"d","prompt":"two"}
        """;

    FileRun.Outcome outcome =
        run(new AtOnce(store), time -> LockSupport.parkNanos(1_000_000))
            .run(lines(input), OptionalLong.of(5));

    assertThat(outcome.notDone()).isZero();
    assertThat(outcome.summary().completed()).isEqualTo(2);
    assertThat(outcome.summary().failed()).isEqualTo(3);
    assertThat(written())
        .extracting(line -> line.path("line").asInt() + " " + line.path("status").asText())
        .containsExactlyInAnyOrder(
            "1 completed", "2 rejected", "3 failed", "4 rejected", "5 completed");
    assertThat(written())
        .filteredOn(line -> line.path("status").asText().equals("completed"))
        .extracting(
            line -> line.path("custom_id").asText() + "=" + line.path("output_text").asText())
        .containsExactlyInAnyOrder("a=re: one", "d=re: two");
    assertThat(rejected)
        .extracting(InputLine.Rejected::reason)
        .anyMatch(reason -> reason.startsWith("prompt: "));
    assertThat(lastProgress.orElseThrow().total()).hasValue(5);
  }

  @Test
  void manyLines_areAllWritten_whenTheyAreMoreThanOneLookFollows() throws Exception {
    StringBuilder input = new StringBuilder();
    int count = 2_400;
    for (int i = 0; i < count; i++) {
      input.append("{\"prompt\":\"").append(i).append("\"}\n");
    }

    FileRun.Outcome outcome =
        run(new AtOnce(store), time -> LockSupport.parkNanos(1_000_000))
            .run(lines(input.toString()), OptionalLong.empty());

    assertThat(outcome.summary().completed()).isEqualTo(count);
    assertThat(written()).extracting(line -> line.path("line").asInt()).doesNotHaveDuplicates();
    assertThat(written()).hasSize(count);
  }

  @Test
  void stop_endsTheRunAndTellsWhatIsNotDone() throws Exception {
    FileRun[] run = new FileRun[1];
    int[] looks = {0};
    run[0] =
        run(
            JobPublisher.NONE,
            time -> {
              if (++looks[0] == 3) {
                run[0].stop();
              }
            });

    FileRun.Outcome outcome =
        run[0].run(lines("{\"prompt\":\"a\"}\noops\n{\"prompt\":\"b\"}\n"), OptionalLong.of(3));

    assertThat(outcome.notDone() + outcome.summary().failed()).isEqualTo(3);
    assertThat(outcome.summary().completed()).isZero();
  }

  @Test
  void run_givesUpAndKeepsResults_whenThePipelineEnds() throws Exception {
    JobPublisher atOnce = new AtOnce(store);
    JobPublisher firstOnly =
        new JobPublisher() {
          @Override
          public CompletableFuture<Void> publish(JobReference reference) {
            return CompletableFuture.completedFuture(null);
          }

          @Override
          public CompletableFuture<Void> publishBatch(BatchId batch, Owner owner) {
            throw new UnsupportedOperationException("no batches here");
          }

          @Override
          public CompletableFuture<Void> publishTogether(List<JobReference> references) {
            return atOnce.publish(references.get(0));
          }

          @Override
          public void close() {}
        };
    int[] looks = {0};

    FileRun.Outcome outcome =
        run(
                firstOnly,
                time -> {
                  LockSupport.parkNanos(1_000_000);
                  pipelineEnded = ++looks[0] >= 3;
                })
            .run(lines("{\"prompt\":\"a\"}\n{\"prompt\":\"b\"}\n"), OptionalLong.of(2));

    assertThat(outcome.pipelineEnded()).isTrue();
    assertThat(outcome.notDone()).isEqualTo(1);
    assertThat(written())
        .extracting(line -> line.path("status").asText())
        .containsExactly("completed");
  }

  @Test
  void longLines_areSubmittedFewAtATime() throws Exception {
    List<Integer> together = new ArrayList<>();
    JobPublisher atOnce = new AtOnce(store);
    JobPublisher counting =
        new JobPublisher() {
          @Override
          public CompletableFuture<Void> publish(JobReference reference) {
            together.add(1);
            return atOnce.publish(reference);
          }

          @Override
          public CompletableFuture<Void> publishBatch(BatchId batch, Owner owner) {
            throw new UnsupportedOperationException("no batches here");
          }

          @Override
          public CompletableFuture<Void> publishTogether(List<JobReference> references) {
            together.add(references.size());
            return atOnce.publishTogether(references);
          }

          @Override
          public void close() {}
        };
    String line = "{\"prompt\":\"" + "x".repeat(LineSubmitter.BYTES_PER_CHUNK / 4) + "\"}\n";

    FileRun.Outcome outcome =
        run(counting, time -> LockSupport.parkNanos(1_000_000))
            .run(lines(line.repeat(6)), OptionalLong.of(6));

    assertThat(outcome.summary().completed()).isEqualTo(6);
    assertThat(together).containsExactly(4, 2);
  }

  @Test
  void line_isRejectedWithTheRemedy_whenItNamesAnUnknownModel() throws Exception {
    String input =
        """
        {"custom_id":"a","model":"gpt-4o-mini","messages":[{"role":"user","content":"x"}]}
        {"custom_id":"b","model":"demo","prompt":"b"}
        {"custom_id":"c","prompt":"c"}
        """;

    FileRun.Outcome outcome =
        run(new AtOnce(store), time -> LockSupport.parkNanos(1_000_000))
            .run(lines(input), OptionalLong.of(3));

    assertThat(outcome.summary().completed()).isEqualTo(2);
    assertThat(outcome.summary().failed()).isEqualTo(1);
    assertThat(rejected).hasSize(1);
    assertThat(rejected.get(0).number()).isEqualTo(1);
    assertThat(rejected.get(0).code()).isEqualTo("unknown_model");
    assertThat(rejected.get(0).reason())
        .isEqualTo(
            "model: 'gpt-4o-mini' is not configured. Known are: demo. To run all lines on one of"
                + " them, whatever they name, use --model ID.");
  }

  @Test
  void emptyFile_endsAtOnce() throws Exception {
    FileRun.Outcome outcome =
        run(JobPublisher.NONE, time -> LockSupport.parkNanos(1_000_000))
            .run(lines(""), OptionalLong.of(0));

    assertThat(outcome.notDone()).isZero();
    assertThat(written()).isEmpty();
  }

  @Test
  void run_failsWithTheCause_whenTheInputBreaksOnTheWay() throws IOException {
    InputStream broken = InputStream.nullInputStream();
    broken.close();

    assertThatThrownBy(
            () ->
                run(new AtOnce(store), time -> LockSupport.parkNanos(1_000_000))
                    .run(new JobLines(broken), OptionalLong.empty()))
        .isInstanceOf(IOException.class)
        .hasMessage("Stream closed");
  }
}

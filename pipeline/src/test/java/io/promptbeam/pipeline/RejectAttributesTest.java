package io.promptbeam.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.pipeline.engine.EngineConfig;
import io.promptbeam.pipeline.llm.ScriptedClients;
import io.promptbeam.store.InMemoryJobStore;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.io.gcp.pubsub.PubsubMessage;
import org.apache.beam.sdk.transforms.DoFn.MultiOutputReceiver;
import org.apache.beam.sdk.transforms.DoFn.OutputReceiver;
import org.apache.beam.sdk.values.OutputBuilder;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TupleTag;
import org.joda.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RejectAttributesTest {
  private final List<Object> emitted = new ArrayList<>();

  @Test
  void reject_namesReasonFieldAndDetail_whenTheSubmissionIsInvalid() {
    var reject =
        decode(
            """
            {"v":1,"kind":"inline_job","owner":"local","idempotency_key":"k",\
            "submission":{"model_id":"nope","full_input":"secret"}}""");

    assertThat(reject.getAttributeMap())
        .containsEntry("promptbeam-reason", "unknown_model")
        .containsEntry("promptbeam-field", "model_id")
        .containsKey("promptbeam-detail");
  }

  @Test
  void reject_hasNoFieldAndItsPayload_whenTheMessageIsNotOurs() {
    var reject = decode("hello");

    assertThat(reject.getAttributeMap())
        .containsKey("promptbeam-reason")
        .doesNotContainKey("promptbeam-field");
    assertThat(reject.getPayload()).asString().isEqualTo("hello");
  }

  private PubsubMessage decode(String message) {
    var worker =
        new EngineWorker(new InMemoryJobStore(), new ScriptedClients(), EngineConfig.DEFAULT);
    var fn = new DecodeMessages.DecodeFn(1, InProcessWorkers.lend(worker));
    fn.setup();
    fn.startBundle();
    fn.process(
        new PubsubMessage(message.getBytes(StandardCharsets.UTF_8), Map.of()), new Collector());
    fn.teardown();
    assertThat(emitted).hasSize(1);
    return (PubsubMessage) emitted.get(0);
  }

  private final class Collector implements MultiOutputReceiver {
    @Override
    public <T> OutputReceiver<T> get(TupleTag<T> tag) {
      assertThat(tag).isEqualTo(DecodeMessages.REJECTS);
      return new OutputReceiver<>() {
        @Override
        public void output(T element) {
          emitted.add(element);
        }

        @Override
        public void outputWithTimestamp(T element, Instant timestamp) {
          emitted.add(element);
        }

        @Override
        public OutputBuilder<T> builder(T value) {
          throw new UnsupportedOperationException("not used");
        }
      };
    }

    @Override
    public <T> OutputReceiver<Row> getRowReceiver(TupleTag<T> tag) {
      throw new UnsupportedOperationException("not used");
    }
  }
}

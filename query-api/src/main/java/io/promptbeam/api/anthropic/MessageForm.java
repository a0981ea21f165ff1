package io.promptbeam.api.anthropic;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.batches.BatchState;
import io.promptbeam.api.batches.LineAnswer;
import io.promptbeam.api.batches.Outlook;
import io.promptbeam.api.batches.ProtocolForm;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobState;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/** Anthropic's way to show batches; answers are {@code Message}s, and refusals its errors. */
public final class MessageForm implements ProtocolForm {
  @Override
  public ObjectNode batch(BatchState state, String origin, Outlook outlook) {
    return MessageBatchView.of(state, origin, outlook);
  }

  @Override
  public String bodyField() {
    return "params";
  }

  @Override
  public Map<String, String> retryMetadata(BatchSpec of, int lines) {
    return MadeBy.metadata(lines);
  }

  @Override
  public LineAnswer line(Job line, String endpoint) {
    Optional<byte[]> message =
        line.run().state() == JobState.COMPLETED
            ? AnswerMessage.json(line).map(text -> text.getBytes(StandardCharsets.UTF_8))
            : Optional.empty();
    return LineAnswer.of(line, message, (status, error) -> refusal(line, error));
  }

  private static byte[] refusal(Job line, JobError error) {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("type", "error");
    json.putObject("error").put("type", ErrorTypes.of(error)).put("message", error.message());
    json.put("request_id", "req_" + LineAnswer.hex(line));
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }
}

package io.promptbeam.pipeline.engine;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.job.JobId;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.schema.OutputSchema.Problem;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What is to be said in the one call that may mend an answer. Kept by the worker that got the
 * answer, until that call; another worker asks again as if for the first time. Thread-safe.
 */
final class Repairs {
  private static final int MAX_ANSWER_CHARS = 20_000;
  private static final int MAX_COMPLAINT_CHARS = 2_000;

  private final Map<JobId, OutputChecks.Invalid> waiting = new ConcurrentHashMap<>();

  void add(JobId job, OutputChecks.Invalid answer) {
    waiting.put(job, answer);
  }

  void forget(JobId job) {
    waiting.remove(job);
  }

  /** The request of the next call: the conversation goes on where an answer was not valid. */
  LlmRequest next(JobId job, LlmRequest request) {
    OutputChecks.Invalid answer = waiting.remove(job);
    return answer == null ? request : extended(request, answer);
  }

  private static LlmRequest extended(LlmRequest request, OutputChecks.Invalid answer) {
    if (request instanceof LlmRequest.Prompt prompt) {
      ArrayNode messages = JsonNodeFactory.instance.arrayNode();
      add(messages, "user", prompt.input());
      add(messages, answer);
      return new LlmRequest.Messages(prompt.systemMessage(), messages, prompt.params());
    } else if (request instanceof LlmRequest.Messages conversation) {
      ArrayNode messages = JsonNodeFactory.instance.arrayNode().addAll(conversation.messages());
      add(messages, answer);
      return new LlmRequest.Messages(conversation.systemMessage(), messages, conversation.params());
    }
    var given = (LlmRequest.Native) request;
    if (!(given.body().get("messages") instanceof ArrayNode before)) {
      return request;
    }
    ArrayNode messages = JsonNodeFactory.instance.arrayNode().addAll(before);
    add(messages, answer);
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.setAll(given.body());
    body.set("messages", messages);
    return new LlmRequest.Native(given.endpoint(), body);
  }

  private static void add(ArrayNode messages, OutputChecks.Invalid answer) {
    if (!answer.text().isEmpty()) {
      add(messages, "assistant", cut(answer.text(), MAX_ANSWER_CHARS));
    }
    StringBuilder complaint = new StringBuilder("That answer is not valid:\n");
    for (Problem problem : answer.problems()) {
      complaint.append("- ").append(problem.detail()).append('\n');
    }
    add(
        messages,
        "user",
        cut(complaint.toString(), MAX_COMPLAINT_CHARS)
            + "\nAnswer again, with JSON only, that is valid by the schema.");
  }

  private static void add(ArrayNode messages, String role, String content) {
    messages.addObject().put("role", role).put("content", content);
  }

  private static String cut(String text, int maxChars) {
    return text.length() <= maxChars ? text : text.substring(0, maxChars) + "…";
  }
}

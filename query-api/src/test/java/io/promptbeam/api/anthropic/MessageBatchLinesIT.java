package io.promptbeam.api.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptbeam.job.JobError;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a message batch answers beyond its protocol. */
class MessageBatchLinesIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static JsonNode get(BatchStack stack, String path) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + stack.server.port() + path))
            .build();
    HttpResponse<String> answer =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  @Test
  void lines_haveMessagesAsAnswers_whileTheBatchRuns() throws Exception {
    try (BatchStack stack = new BatchStack(MessageBatchLimits.DEFAULT)) {
      String id = stack.client().messages().batches().create(BatchStack.requests(3)).id();
      HandPipeline pipeline = new HandPipeline(stack.store, id);
      pipeline.expand();
      pipeline.open(0);
      pipeline.complete(
          1, "{\"choices\":[{\"message\":{\"content\":\"Hi\"},\"finish_reason\":\"length\"}]}");
      pipeline.fail(2, new JobError("invalid_request", "No such tool.", Optional.of(400)));
      JsonNode page = get(stack, "/v1/batches/" + id + "/results");
      assertThat(page.path("has_more").asBoolean()).isFalse();
      assertThat(page.at("/data/0/status").asText()).isEqualTo("pending");
      assertThat(page.at("/data/0/input/max_tokens").asInt()).isEqualTo(100);
      JsonNode message = page.at("/data/1/response/body");
      assertThat(message.path("type").asText()).isEqualTo("message");
      assertThat(message.at("/content/0/text").asText()).isEqualTo("Hi");
      assertThat(message.path("stop_reason").asText()).isEqualTo("max_tokens");
      assertThat(page.at("/data/2/response/status_code").asInt()).isEqualTo(400);
      assertThat(page.at("/data/2/response/body/error/type").asText())
          .isEqualTo("invalid_request_error");
    }
  }

  @Test
  void retry_isAMessageBatchOfTheRequestsThatFailed() throws Exception {
    try (BatchStack stack = new BatchStack(MessageBatchLimits.DEFAULT)) {
      String id = stack.client().messages().batches().create(BatchStack.requests(3)).id();
      HandPipeline pipeline = new HandPipeline(stack.store, id);
      pipeline.expand();
      pipeline.open(0);
      pipeline.complete(0, "{}");
      pipeline.fail(1, JobError.of("timeout", "It took too long."));
      pipeline.complete(2, "{}");
      pipeline.finish(0);
      pipeline.end();
      HttpRequest request =
          HttpRequest.newBuilder(
                  URI.create(
                      "http://127.0.0.1:" + stack.server.port() + "/v1/batches/" + id + "/retry"))
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString("{\"params\":{\"max_tokens\":9}}"))
              .build();
      JsonNode made =
          JSON.readTree(
              HttpClient.newHttpClient()
                  .send(request, HttpResponse.BodyHandlers.ofString())
                  .body());
      assertThat(made.path("type").asText()).isEqualTo("message_batch");
      assertThat(made.at("/request_counts/processing").asInt()).isEqualTo(1);
      assertThat(made.at("/promptbeam/retry_of").asText()).isEqualTo(id);
      HandPipeline again = new HandPipeline(stack.store, made.path("id").asText());
      List<JsonNode> requests = again.expand();
      assertThat(requests).hasSize(1);
      assertThat(requests.get(0).path("max_tokens").asInt()).isEqualTo(9);
      assertThat(requests.get(0).path("model").asText()).isEqualTo("gpt");
    }
  }
}

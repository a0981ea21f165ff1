package io.promptbeam.local.contract;

import io.promptbeam.local.Await;
import io.promptbeam.local.contract.Exchanges.Answer;
import io.promptbeam.local.contract.Exchanges.Call;

/** Message batches, as Anthropic's clients ask for them. */
final class MessageBatchExchanges {
  private final ContractStage stage;
  private final Exchanges exchanges;

  MessageBatchExchanges(ContractStage stage, Exchanges exchanges) {
    this.stage = stage;
    this.exchanges = exchanges;
  }

  private Answer ann(int wanted, Call call) throws Exception {
    return exchanges.send(wanted, stage.ann, call);
  }

  private static String request(String id, String model) {
    return "{\"custom_id\":\""
        + id
        + "\",\"params\":{\"model\":\""
        + model
        + "\",\"max_tokens\":50,\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}}";
  }

  private static Call create(String... requests) {
    return Call.of("createMessageBatch")
        .json("{\"requests\":[" + String.join(",", requests) + "]}");
  }

  private void await(String batch) throws Exception {
    Await.until(
        batch + " has ended",
        () -> ann(200, Call.of("getMessageBatch", batch)).text("processing_status"),
        "ended"::equals);
  }

  void run() throws Exception {
    ended();
    running();
    lists();
  }

  private void ended() throws Exception {
    String example =
        exchanges
            .contract()
            .operation("createMessageBatch")
            .requestExamples()
            .values()
            .iterator()
            .next()
            .toString();
    ann(200, Call.of("createMessageBatch").json(example));
    String batch = ann(200, create(request("a", "demo"), request("b", "refuses"))).text("id");
    await(batch);
    ann(200, Call.of("getMessageBatchResults", batch));
    ann(200, Call.of("listBatchResults", batch));
    ann(200, Call.of("retryBatch", batch).json("{}"));
    ann(400, Call.of("cancelMessageBatch", batch));
    ann(200, Call.of("deleteMessageBatch", batch));
  }

  private void running() throws Exception {
    Call keyed =
        create(request("a", "slow"), request("b", "demo")).header("Idempotency-Key", "messages");
    String batch = ann(200, keyed).text("id");
    ann(200, keyed);
    ann(409, create(request("c", "demo")).header("Idempotency-Key", "messages"));
    Await.until(
        batch + " runs",
        () -> ann(200, Call.of("getMessageBatch", batch)),
        answer -> answer.json().path("request_counts").path("succeeded").asInt() == 1);
    ann(200, Call.of("getMessageBatchResults", batch));
    ann(400, Call.of("deleteMessageBatch", batch));
    ann(200, Call.of("cancelMessageBatch", batch).json("{}"));
    ann(200, Call.of("cancelMessageBatch", batch));
  }

  private void lists() throws Exception {
    ann(400, Call.of("createMessageBatch").json("{\"requests\":[]}"));
    Answer page = ann(200, Call.of("listMessageBatches").query("limit=1"));
    ann(200, Call.of("listMessageBatches").query("after_id=" + page.text("last_id")));
    ann(200, Call.of("listMessageBatches").query("before_id=" + page.text("last_id")));
    ann(400, Call.of("listMessageBatches").query("limit=0"));
    exchanges.send(200, stage.admin, Call.of("listMessageBatches").query("owner=ann"));
  }
}

package io.promptbeam.local.contract;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptbeam.local.Await;
import io.promptbeam.local.contract.Exchanges.Answer;
import io.promptbeam.local.contract.Exchanges.Call;
import java.time.Instant;
import java.util.List;

/** Jobs in every state, and what can be asked of them. */
final class JobExchanges {
  private static final String SUBMIT = "submitJob";
  private static final String STATUS = "getJobStatus";
  private static final String RESULT = "getJobResult";
  private static final String CANCEL = "cancelJob";
  private static final String RETRY = "retryJob";
  private static final String ERASE = "eraseJob";

  private final ContractStage stage;
  private final Exchanges exchanges;

  JobExchanges(ContractStage stage, Exchanges exchanges) {
    this.stage = stage;
    this.exchanges = exchanges;
  }

  void run() throws Exception {
    submissions();
    completed();
    failed();
    waiting();
    limited();
    processing();
    modelGone();
    lists();
  }

  private Answer ann(int wanted, Call call) throws Exception {
    return exchanges.send(wanted, stage.ann, call);
  }

  private static String body(String model, String more) {
    return "{\"model_id\":\"" + model + "\",\"full_input\":\"Say hello.\"" + more + "}";
  }

  private String submit(String model, String more) throws Exception {
    return ann(202, Call.of(SUBMIT).json(body(model, more))).text("job_id");
  }

  private String scheduled(String model) throws Exception {
    return ann(202, Call.of(SUBMIT).json(scheduledBody(model))).text("job_id");
  }

  private static String scheduledBody(String model) {
    Instant later = Instant.now().plusSeconds(86_400);
    return body(model, ",\"not_before\":\"" + later + "\"");
  }

  private void await(String id, String status) throws Exception {
    Await.until(
        id + " is " + status,
        () -> ann(200, Call.of(STATUS, id).header("Prefer", "wait=1")).text("status"),
        status::equals);
  }

  private void submissions() throws Exception {
    for (String operation : List.of(SUBMIT, "submitTrainerAnalysis")) {
      for (JsonNode example :
          exchanges.contract().operation(operation).requestExamples().values()) {
        ann(202, Call.of(operation).json(example.toString()));
        ann(400, Call.of(operation).json(ContractIT.with(example, "model_id", "nothing")));
      }
      JsonNode example =
          exchanges.contract().operation(operation).requestExamples().values().iterator().next();
      Call keyed = Call.of(operation).header("Idempotency-Key", operation);
      ann(202, keyed.json(example.toString()));
      ann(202, keyed.json(example.toString()));
      ann(422, keyed.json(ContractIT.with(example, "system_message", "Another.")));
      ann(400, Call.of(operation).json("{"));
      ann(400, Call.of(operation).json(ContractIT.with(example, "surprise", "x")));
    }
  }

  private void completed() throws Exception {
    String id = submit("demo", ",\"metadata\":{\"ticket\":\"4711\"}");
    await(id, "completed");
    for (String operation : List.of(STATUS, RESULT)) {
      String tag = ann(200, Call.of(operation, id)).headers().getOrDefault("etag", "");
      ann(304, Call.of(operation, id).header("If-None-Match", tag));
    }
    ann(200, Call.of("getJob", id));
    ann(409, Call.of(CANCEL, id));
    ann(409, Call.of(RETRY, id));
    ann(204, Call.of(ERASE, id));
    ann(200, Call.of(STATUS, id));
    ann(410, Call.of(RESULT, id));
    ann(200, Call.of("getJob", id));
  }

  private void failed() throws Exception {
    String id = submit("refuses", ",\"job_type\":\"doomed\"");
    await(id, "failed");
    ann(409, Call.of(RESULT, id));
    ann(200, Call.of("getJob", id));
    String again = ann(202, Call.of(RETRY, id).json("{}")).text("job_id");
    await(again, "failed");
    ann(204, Call.of(ERASE, again));
    ann(410, Call.of(RETRY, again));
  }

  private void waiting() throws Exception {
    String id = scheduled("demo");
    ann(200, Call.of(STATUS, id));
    ann(202, Call.of(RESULT, id));
    ann(200, Call.of("getJob", id));
    ann(409, Call.of(ERASE, id));
    ann(409, Call.of(RETRY, id));
    ann(200, Call.of(CANCEL, id).json("{}"));
    ann(409, Call.of(CANCEL, id));
    ann(409, Call.of(RESULT, id));
    ann(202, Call.of(RETRY, id));
    ann(202, Call.of(RETRY, id));
  }

  /** An owner that may have one waiting job. */
  private void limited() throws Exception {
    Call later = Call.of(SUBMIT).json(scheduledBody("demo"));
    String first = exchanges.send(202, stage.hasty, later).text("job_id");
    exchanges.send(429, stage.hasty, later);
    String analysis = "{\"model_id\":\"demo\",\"question_id\":\"q\",\"full_input\":\"x\"}";
    exchanges.send(429, stage.hasty, Call.of("submitTrainerAnalysis").json(analysis));
    exchanges.send(200, stage.hasty, Call.of(CANCEL, first));
    Await.until(
        "there is room for another",
        () -> exchanges.send(stage.hasty, later).status(),
        status -> status == 202);
    exchanges.send(429, stage.hasty, Call.of(RETRY, first));
  }

  private void processing() throws Exception {
    String id = submit("slow", "");
    await(id, "processing");
    ann(202, Call.of(CANCEL, id));
    ann(200, Call.of("getJob", id));
  }

  private void modelGone() throws Exception {
    String id = scheduled("gone");
    ann(200, Call.of(CANCEL, id));
    stage.forgetModel();
    ann(400, Call.of(RETRY, id));
  }

  private void lists() throws Exception {
    Answer first = ann(200, Call.of("listJobs").query("page_size=3"));
    String token = first.text("next_page_token");
    ann(200, Call.of("listJobs").query("page_size=3&page_token=" + token));
    ann(
        200,
        Call.of("listJobs")
            .query(
                "status=completed&job_type=generic&model_id=demo&created_after=2026-01-01T00:00:00Z"
                    + "&created_before=2100-01-01T00:00:00Z&text=4711"));
    ann(200, Call.of("listJobs").query("question_id=q123"));
    ann(200, Call.of("listJobs").query("batch_id=batch_000000000000000000000000"));
    exchanges.send(200, stage.admin, Call.of("listJobs").query("owner=ann"));
    ann(400, Call.of("listJobs").query("page_size=0"));
    ann(400, Call.of("listJobs").query("surprise=x"));
  }
}

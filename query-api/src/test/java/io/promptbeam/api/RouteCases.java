package io.promptbeam.api;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Requests for every route, each with the ids of an owner's things put in: what others are asked
 * with them, and what an admin is answered. In an order in which an admin can make them all.
 */
final class RouteCases {
  /** Things of one owner, or of nobody, as callers name them. */
  record Ids(
      String owner,
      String job,
      String otherJob,
      String file,
      String otherFile,
      String batch,
      String messageBatch,
      String key) {
    String in(String text) {
      return text.replace("{owner}", owner)
          .replace("{job}", job)
          .replace("{other_job}", otherJob)
          .replace("{file}", file)
          .replace("{other_file}", otherFile)
          .replace("{batch}", batch)
          .replace("{output}", "file-" + batch.substring("batch_".length()) + "-output")
          .replace("{message_batch}", messageBatch)
          .replace("{key}", key);
    }

    /** The text with these ids made unrecognizable. */
    String outOf(String text) {
      String result = text;
      for (String id : List.of(job, otherJob, file, otherFile, messageBatch, key)) {
        result = result.replace(id, "ID");
      }
      return result.replace(batch.substring("batch_".length()), "ID");
    }
  }

  /**
   * One request.
   *
   * @param route the method and path that the server has it under
   * @param target path and query
   * @param admin the status for an admin who puts in another owner's ids
   */
  record Case(String route, String target, String contentType, String body, int admin) {
    String method() {
      return route.substring(0, route.indexOf(' '));
    }

    @Override
    public String toString() {
      return method() + " " + target + (body.isEmpty() ? "" : " " + body);
    }
  }

  private static final String JSON = "application/json";
  private static final String FORM =
      """
      --B\r
      Content-Disposition: form-data; name="purpose"\r
      \r
      batch\r
      --B\r
      Content-Disposition: form-data; name="file"; filename="in.jsonl"\r
      Content-Type: application/octet-stream\r
      \r
      {"custom_id":"c0","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"x"}]}}\r
      --B--\r
      """;

  private final List<Case> cases = new ArrayList<>();

  static List<Case> all() {
    RouteCases all = new RouteCases();
    all.jobs();
    all.openAi();
    all.anthropic();
    all.deadLetters();
    all.keys();
    all.console();
    all.pages();
    return all.cases;
  }

  static Map<String, List<Case>> byRoute() {
    Map<String, List<Case>> byRoute = new LinkedHashMap<>();
    for (Case each : all()) {
      byRoute.computeIfAbsent(each.route(), route -> new ArrayList<>()).add(each);
    }
    return byRoute;
  }

  /** Makes a file, whatever ids there are. */
  static Case upload() {
    return new Case("POST /v1/files", "/v1/files", "multipart/form-data; boundary=B", FORM, 200);
  }

  private void get(String route, String target, int admin) {
    cases.add(new Case("GET " + route, target, "", "", admin));
  }

  private void send(String route, String target, String body, int admin) {
    cases.add(new Case(route, target, body.isEmpty() ? "" : JSON, body, admin));
  }

  private void jobs() {
    String jobs = "/api/llm/jobs";
    get("/livez", "/livez", 200);
    get("/readyz", "/readyz", 200);
    get(jobs + "/:job_id/status", jobs + "/{job}/status/", 200);
    get(jobs + "/:job_id/result", jobs + "/{job}/result/", 202);
    get(jobs + "/:job_id", jobs + "/{job}/", 200);
    get(jobs, jobs + "/?owner={owner}", 200);
    get(jobs, jobs + "/?batch_id={batch}", 200);
    get(jobs, jobs + "/?owner={owner}&text=x", 200);
    get(jobs, jobs + "/?owner={owner}&batch_id={batch}&status=pending", 200);
    get("/api/llm/models", "/api/llm/models/", 200);
    get("/api/llm/overview", "/api/llm/overview/", 200);
    get("/api/llm/usage", "/api/llm/usage/?owner={owner}&group_by=owner", 200);
    send(
        "POST " + jobs + "/submit",
        jobs + "/submit/",
        "{\"model_id\":\"m\",\"full_input\":\"x\"}",
        202);
    send(
        "POST /api/llm/trainer-analysis",
        "/api/llm/trainer-analysis/",
        "{\"model_id\":\"m\",\"question_id\":\"q\",\"full_input\":\"x\"}",
        202);
    send("POST " + jobs + "/:job_id/cancel", jobs + "/{job}/cancel/", "{}", 200);
    send("POST " + jobs + "/:job_id/retry", jobs + "/{job}/retry/", "{}", 202);
    send("DELETE " + jobs + "/:job_id", jobs + "/{job}/", "", 204);
    send("DELETE " + jobs + "/:job_id", jobs + "/{other_job}/", "", 409);
  }

  private void openAi() {
    get("/v1/models", "/v1/models", 200);
    get("/v1/models/:id", "/v1/models/m", 200);
    cases.add(upload());
    get("/v1/files", "/v1/files?owner={owner}", 200);
    get("/v1/files", "/v1/files?after={file}", 200);
    get("/v1/files", "/v1/files?purpose=batch_output&after={output}", 200);
    get("/v1/files/:id", "/v1/files/{file}", 200);
    get("/v1/files/:id", "/v1/files/{output}", 404);
    get("/v1/files/:id/content", "/v1/files/{file}/content", 200);
    get("/v1/files/:id/content", "/v1/files/{output}/content", 404);
    // What a batch is made of is its maker's own.
    send(
        "POST /v1/batches",
        "/v1/batches",
        "{\"input_file_id\":\"{file}\",\"endpoint\":\"/v1/chat/completions\","
            + "\"completion_window\":\"24h\"}",
        404);
    get("/v1/batches", "/v1/batches?owner={owner}", 200);
    get("/v1/batches", "/v1/batches?after={batch}", 200);
    get("/v1/batches/:id", "/v1/batches/{batch}", 200);
    get("/v1/batches/:id/results", "/v1/batches/{batch}/results", 200);
    get("/v1/batches/:id/results", "/v1/batches/{message_batch}/results", 200);
    send("POST /v1/batches/:id/retry", "/v1/batches/{batch}/retry", "{}", 409);
    send("POST /v1/batches/:id/retry", "/v1/batches/{message_batch}/retry", "{}", 409);
    send("DELETE /v1/files/:id", "/v1/files/{file}", "", 409);
    send("DELETE /v1/files/:id", "/v1/files/{other_file}", "", 200);
    send("POST /v1/batches/:id/cancel", "/v1/batches/{batch}/cancel", "", 200);
  }

  private void anthropic() {
    String all = "/v1/messages/batches";
    String one = all + "/:batch_id";
    send("POST " + all, all, MESSAGES, 200);
    get(all, all + "?owner={owner}", 200);
    get(all, all + "?after_id={message_batch}", 200);
    get(all, all + "?before_id={message_batch}", 200);
    get(one, all + "/{message_batch}", 200);
    get(one + "/results", all + "/{message_batch}/results", 200);
    send("POST " + one + "/cancel", all + "/{message_batch}/cancel", "", 200);
    send("DELETE " + one, all + "/{message_batch}", "", 400);
  }

  static final String MESSAGES =
      "{\"requests\":[{\"custom_id\":\"r\",\"params\":{\"model\":\"m\",\"max_tokens\":9,"
          + "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}}]}";

  /** Of a service that has none to look at: they are no owner's. */
  private void deadLetters() {
    String letters = "/api/llm/dead-letters";
    get(letters, letters + "/?limit=5", 501);
    send("POST " + letters + "/replay", letters + "/replay/", "{\"ids\":[\"1\"]}", 501);
    send("POST " + letters + "/discard", letters + "/discard/", "{\"ids\":[\"1\"]}", 501);
  }

  private void keys() {
    String keys = "/api/llm/keys";
    send("POST " + keys, keys + "/", "{\"owner\":\"{owner}\",\"name\":\"new\"}", 201);
    get(keys, keys + "/", 200);
    get(keys, keys + "/?owner={owner}", 200);
    send("DELETE " + keys + "/:key_id", keys + "/{key}/", "", 200);
  }

  private void console() {
    get("", "/", 302);
    get("/console", "/console/", 200);
    get("/console", "/console", 302);
    get("/console/:file", "/console/app.js", 200);
    get("/console/:file", "/console/secret.js", 404);
    get("/console/pages/:file", "/console/pages/overview.js", 200);
  }

  private void pages() {
    get("/openapi.yaml", "/openapi.yaml", 200);
    get("/docs", "/docs/", 200);
    get("/docs/:file", "/docs/docs.js", 200);
    get("/docs/:file", "/docs/nothing.js", 404);
  }
}

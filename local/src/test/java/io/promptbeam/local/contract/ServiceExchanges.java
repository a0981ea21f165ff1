package io.promptbeam.local.contract;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptbeam.local.Await;
import io.promptbeam.local.contract.Exchanges.Answer;
import io.promptbeam.local.contract.Exchanges.Call;
import java.util.List;

/** Models, figures, usage, keys, probes and pages. */
final class ServiceExchanges {
  private final ContractStage stage;
  private final Exchanges exchanges;

  ServiceExchanges(ContractStage stage, Exchanges exchanges) {
    this.stage = stage;
    this.exchanges = exchanges;
  }

  private Answer ann(int wanted, Call call) throws Exception {
    return exchanges.send(wanted, stage.ann, call);
  }

  private Answer admin(int wanted, Call call) throws Exception {
    return exchanges.send(wanted, stage.admin, call);
  }

  void run() throws Exception {
    ann(200, Call.of("listModels"));
    ann(200, Call.of("getOverview"));
    admin(200, Call.of("getOverview"));
    usage();
    keys();
    deadLetters();
    pages();
  }

  private void deadLetters() throws Exception {
    stage.spoil(2);
    JsonNode letters =
        Await.until(
            "there are two dead letters",
            () -> admin(200, Call.of("listDeadLetters")).json().path("dead_letters"),
            found -> found.size() >= 2);
    admin(200, Call.of("listDeadLetters").query("limit=1"));
    admin(400, Call.of("listDeadLetters").query("limit=0"));
    String discarded = ids(letters.path(0));
    admin(200, Call.of("discardDeadLetters").json(discarded));
    admin(200, Call.of("discardDeadLetters").json(discarded));
    admin(200, Call.of("replayDeadLetters").json(ids(letters.path(1))));
    for (String operation : List.of("replayDeadLetters", "discardDeadLetters")) {
      admin(400, Call.of(operation).json("{\"ids\":[]}"));
      for (JsonNode example :
          exchanges.contract().operation(operation).requestExamples().values()) {
        admin(200, Call.of(operation).json(example.toString()));
      }
    }
  }

  private static String ids(JsonNode letter) {
    return "{\"ids\":[" + letter.path("id") + "]}";
  }

  private void usage() throws Exception {
    for (String group : List.of("day", "model", "owner")) {
      ann(200, Call.of("getUsage").query("group_by=" + group));
    }
    ann(200, Call.of("getUsage").query("from=2026-01-01&to=2026-01-31&model_id=demo"));
    admin(200, Call.of("getUsage").query("owner=ann"));
    ann(400, Call.of("getUsage").query("from=yesterday"));
    ann(200, Call.of("getOverview"));
    admin(200, Call.of("getOverview"));
  }

  private void keys() throws Exception {
    String id = "";
    for (JsonNode example :
        exchanges.contract().operation("createKey").requestExamples().values()) {
      id = admin(201, Call.of("createKey").json(example.toString())).text("key_id");
    }
    admin(409, Call.of("createKey").json("{\"owner\":\"acme\",\"name\":\"dashboard\"}"));
    admin(400, Call.of("createKey").json("{\"owner\":\"acme\"}"));
    admin(200, Call.of("listKeys"));
    admin(200, Call.of("listKeys").query("owner=acme"));
    admin(400, Call.of("listKeys").query("surprise=x"));
    admin(200, Call.of("revokeKey", id));
    admin(200, Call.of("revokeKey", id));
  }

  private void pages() throws Exception {
    exchanges.send(200, "", Call.of("getLiveness"));
    exchanges.send(200, "", Call.of("getReadiness"));
    page(Call.of("getContract"));
    page(Call.of("getDocumentation"));
    page(Call.of("getDocumentation").withoutSlash());
    for (String file : List.of("docs.js", "docs.css", "swagger-ui-bundle.js", "swagger-ui.css")) {
      page(Call.of("getDocumentationFile", file).query("v=1"));
    }
    exchanges.send(302, "", Call.of("getRoot"));
    page(Call.of("getConsole"));
    exchanges.send(302, "", Call.of("getConsole").withoutSlash());
    page(Call.of("getConsoleFile", "app.js"));
    page(Call.of("getConsoleFile", "console.css"));
    page(Call.of("getConsolePageFile", "jobs.js"));
  }

  private void page(Call call) throws Exception {
    String tag = exchanges.send(200, "", call).headers().getOrDefault("etag", "");
    exchanges.send(304, "", call.header("If-None-Match", tag));
  }
}

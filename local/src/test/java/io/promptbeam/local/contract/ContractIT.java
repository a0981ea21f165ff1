package io.promptbeam.local.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.contract.Operation;
import io.promptbeam.local.contract.Exchanges.Body;
import io.promptbeam.local.contract.Exchanges.Call;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A whole service, asked for everything that the contract says: each answer is as the contract has
 * it, each request that the contract gives as an example is taken, and of what the contract
 * declares everything was seen.
 */
@Timeout(240)
class ContractIT {
  /** Declared, and not to be had here. */
  private static final Map<String, Set<String>> UNSEEN =
      Map.of(
          // Two or four at a time would have to be under way.
          "createBatch", Set.of("429"),
          "retryBatch", Set.of("429"));

  /** What needs the store for keys only, which is there, or for nothing. */
  private static final Set<String> WITHOUT_STORE =
      Set.of(
          "listModels", "listOpenAiModels", "getOpenAiModel", "createKey", "listKeys", "revokeKey");

  /** What asks the queue, which the service without a store is not given. */
  private static final Set<String> OF_THE_QUEUE =
      Set.of("listDeadLetters", "replayDeadLetters", "discardDeadLetters");

  private static final String NOBODYS = "00000000-0000-4000-8000-000000000000";
  private static final Map<String, List<String>> UNKNOWN =
      Map.of(
          "job_id", List.of(NOBODYS),
          "key_id", List.of("0123456789abcdef-1"),
          "file", List.of("nothing.js"),
          "batch_id", List.of("msgbatch_000000000000000000000000"),
          "/v1/files", List.of("file-000000000000000000000000"),
          "/v1/batches", List.of("batch_000000000000000000000000"),
          "/v1/models", List.of("nothing"));

  @Test
  void service_answersAsTheContractSays() throws Exception {
    try (ContractStage stage = new ContractStage()) {
      Exchanges exchanges = new Exchanges(stage.uri());
      new JobExchanges(stage, exchanges).run();
      new BatchExchanges(stage, exchanges).run();
      new MessageBatchExchanges(stage, exchanges).run();
      new ServiceExchanges(stage, exchanges).run();
      refusals(stage, exchanges);
      assertThat(exchanges.faults()).isEmpty();
      assertThat(unseen(exchanges)).as("declared, and never answered").isEmpty();
    }
  }

  private static List<String> unseen(Exchanges exchanges) {
    List<String> unseen = new ArrayList<>();
    for (Operation operation : exchanges.contract().operations()) {
      Set<String> declared = new TreeSet<>(operation.statuses());
      exchanges
          .seen(operation.id())
          .forEach(
              status -> {
                declared.remove(status.toString());
                if (!operation.statuses().contains(status.toString())) {
                  declared.remove(status / 100 + "XX");
                }
              });
      declared.removeAll(UNSEEN.getOrDefault(operation.id(), Set.of()));
      if (operation.isOpen()
          || WITHOUT_STORE.contains(operation.id())
          || OF_THE_QUEUE.contains(operation.id())) {
        declared.remove("5XX");
      }
      declared.forEach(status -> unseen.add(operation.id() + " " + status));
    }
    return unseen;
  }

  /** What every operation refuses in the same way. */
  private static void refusals(ContractStage stage, Exchanges exchanges) throws Exception {
    Exchanges away = exchanges.at(stage.withoutStore());
    for (Operation operation : exchanges.contract().operations()) {
      Call call = call(operation);
      if (!operation.isOpen()) {
        exchanges.send(401, "", call);
        String other = operation.scopes().contains("read") ? stage.writer : stage.reader;
        exchanges.send(403, other, call);
        if (OF_THE_QUEUE.contains(operation.id())) {
          away.send(501, stage.admin, call);
        } else if (!WITHOUT_STORE.contains(operation.id())) {
          away.send(503, stage.admin, call);
        }
      }
      if (operation.path().contains("{")) {
        exchanges.send(404, stage.admin, call);
      }
      if (operation.parameters().stream().anyMatch(p -> p.path("name").asText().equals("owner"))) {
        exchanges.send(404, stage.admin, call.query("owner=no+such+owner"));
      }
      if (operation.id().equals("retryBatch")) {
        // Looks for the batch first, and is asked with one that is there.
        continue;
      }
      if (operation.statuses().contains("415")) {
        exchanges.send(415, stage.admin, call.with(new Body("text/plain", "{}")));
      }
      if (operation.statuses().contains("413") && !operation.id().equals("uploadFile")) {
        String large = "{" + " ".repeat(2 * ContractStage.MAX_BODY_BYTES) + "}";
        exchanges.send(413, stage.admin, call.json(large));
      }
    }
    away.send(503, "", Call.of("getReadiness"));
  }

  /** With ids that nobody has, and a body that is in order. */
  private static Call call(Operation operation) {
    Call call = Call.of(operation.id());
    for (JsonNode parameter : operation.parameters()) {
      if (parameter.path("in").asText().equals("path")) {
        String name = parameter.path("name").asText();
        String key = name.equals("id") ? operation.path().replaceAll("/\\{.*", "") : name;
        call = Call.of(operation.id(), UNKNOWN.getOrDefault(key, List.of()).get(0));
      }
    }
    if (operation.id().equals("uploadFile")) {
      return call.with(BatchExchanges.form("batch", "{}"));
    }
    List<JsonNode> examples = List.copyOf(operation.requestExamples().values());
    return examples.isEmpty() ? call : call.json(examples.get(0).toString());
  }

  /** The same with one field replaced. */
  static String with(JsonNode body, String field, String value) {
    return ((ObjectNode) body.deepCopy()).put(field, value).toString();
  }
}

package io.promptbeam.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.access.KeyId;
import io.promptbeam.access.KeyRequest;
import io.promptbeam.access.KeyRing;
import io.promptbeam.access.Scope;
import io.promptbeam.api.HttpProbe.Answer;
import io.promptbeam.api.RouteCases.Case;
import io.promptbeam.api.RouteCases.Ids;
import io.promptbeam.api.http.Route;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.FileId;
import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.message.JobReference;
import io.promptbeam.store.ApiKeyStore;
import io.promptbeam.store.IssuedKeys;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.LockedLink;
import io.promptbeam.store.StoreUnavailableException;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who may use which route, and what of whose they see there: over every route there is. */
class AccessMatrixIT {
  private static final Ids NOBODY =
      new Ids(
          "nobody",
          JobId.random().toString(),
          JobId.random().toString(),
          FileId.random().toString(),
          FileId.random().toString(),
          BatchId.random().text(BatchProtocol.OPENAI),
          BatchId.random().text(BatchProtocol.ANTHROPIC),
          new KeyId("0123456789abcdef", 1).toString());

  private final JobStore store = LockedLink.open(Clock.systemUTC());
  private final IssuedKeys keys = new IssuedKeys(store.apiKeys(), Clock.systemUTC());
  private ApiServer server;
  private HttpProbe http;
  private String ann;
  private Ids anns;

  @BeforeEach
  void makeThings() throws Exception {
    server =
        new ApiServer(
            ApiConfig.loopback(0).withAccess(Access.LOOPBACK.withStoredKeys()),
            store,
            new Silent(),
            TestStack.catalog(),
            Clock.systemUTC());
    server.start();
    http = new HttpProbe(server.uri());
    ann = key("ann", "main", Scope.SUBMIT, Scope.READ);
    String job = submit(ann);
    String otherJob = submit(ann);
    Answer uploaded = send(RouteCases.upload(), NOBODY, ann);
    String otherFile = send(RouteCases.upload(), NOBODY, ann).text("id");
    String file = uploaded.text("id");
    Answer batch =
        http.post(
            "/v1/batches",
            "{\"input_file_id\":\""
                + file
                + "\",\"endpoint\":\"/v1/chat/completions\",\"completion_window\":\"24h\"}",
            "Authorization",
            "Bearer " + ann);
    Answer messages = http.post("/v1/messages/batches", RouteCases.MESSAGES, "x-api-key", ann);
    key("ann", "spare", Scope.READ);
    String spare =
        keys.list(Optional.of(new Owner("ann"))).join().stream()
            .filter(each -> each.name().equals("spare"))
            .findFirst()
            .orElseThrow()
            .id()
            .toString();
    anns =
        new Ids(
            "ann", job, otherJob, file, otherFile, batch.text("id"), messages.text("id"), spare);
    assertThat(batch.text("id")).as(batch.body()).startsWith("batch_");
    assertThat(messages.text("id")).as(messages.body()).startsWith("msgbatch_");
  }

  @AfterEach
  void stop() {
    server.close();
    store.close();
  }

  private String key(String owner, String name, Scope... scopes) {
    return keys.create(
            new KeyRequest(
                new Owner(owner),
                name,
                Optional.of(Set.of(scopes)),
                Optional.empty(),
                Optional.empty()))
        .join()
        .text()
        .reveal();
  }

  private String submit(String key) {
    return http.post(
            "/api/llm/jobs/submit/",
            "{\"model_id\":\"m\",\"full_input\":\"x\"}",
            "Authorization",
            "Bearer " + key)
        .text("job_id");
  }

  private Answer send(Case request, Ids ids, String key) {
    List<String> headers = new ArrayList<>();
    if (!key.isEmpty()) {
      headers.addAll(List.of("Authorization", "Bearer " + key));
    }
    if (!request.contentType().isEmpty()) {
      headers.addAll(List.of("Content-Type", request.contentType()));
    }
    String[] all = headers.toArray(String[]::new);
    String target = ids.in(request.target());
    String body = ids.in(request.body());
    try {
      return http.call(request.method(), target, body, all);
    } catch (CompletionException e) {
      // Whoever was refused before the body was read may find the connection closed.
      return http.call(request.method(), target, body, all);
    }
  }

  /** What a caller can tell of an answer, but for ids and times. */
  private static String seen(Answer answer, Ids ids) {
    Map<String, List<String>> headers = new TreeMap<>(answer.raw().headers().map());
    headers.keySet().removeAll(List.of("date", "x-request-id", "request-id", "content-length"));
    return ids.outOf(answer.status() + " " + headers + " " + answer.body())
        .replaceAll("req_[0-9a-f]+", "REQUEST")
        .replaceAll("\"at\":\"[0-9][^\"]*\"", "at: TIME")
        .replaceAll("_at\":\"?[0-9][^\",}]*\"?", "_at: TIME")
        .replaceAll("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", "NEW")
        .replaceAll("(file-|batch_|msgbatch_)[0-9a-f]{24}", "NEW");
  }

  /** What ann has, as she sees it. */
  private List<String> things() {
    List<String> things = new ArrayList<>();
    for (String target :
        List.of(
            "/api/llm/jobs/{job}/status/",
            "/api/llm/jobs/{other_job}/status/",
            "/v1/files/{file}",
            "/v1/files/{other_file}",
            "/v1/batches/{batch}",
            "/v1/messages/batches/{message_batch}")) {
      Answer answer = http.get(anns.in(target), "Authorization", "Bearer " + ann);
      assertThat(answer.status()).as(target).isEqualTo(200);
      things.add(answer.json().path("status").asText() + answer.json().path("processing_status"));
    }
    return things;
  }

  private static boolean names(String text, Ids ids) {
    return !ids.outOf(text).equals(text);
  }

  @Test
  void everyRoute_isInTheMatrix() {
    assertThat(server.routes().stream().map(route -> route.method() + " " + route.path()))
        .as("a new route wants its requests in RouteCases")
        .containsExactlyInAnyOrderElementsOf(RouteCases.byRoute().keySet());
  }

  @Test
  void owner_cannotTellAnothersThings_fromThingsThatAreNot() {
    String bob = key("bob", "main", Scope.SUBMIT, Scope.READ);
    List<String> before = things();
    for (Case each : RouteCases.all()) {
      Answer ofAnn = send(each, anns, bob);
      Answer ofNobody = send(each, NOBODY, bob);
      assertThat(seen(ofAnn, anns)).as(each.toString()).isEqualTo(seen(ofNobody, NOBODY));
      boolean isEcho = ofAnn.status() >= 400;
      assertThat(!isEcho && names(ofAnn.body(), anns)).as("%s: %s", each, ofAnn.body()).isFalse();
      if (each.target().contains("{") || each.body().contains("{file}")) {
        assertThat(ofAnn.status())
            .as("%s finds nothing: %s", each, ofAnn.body())
            .satisfiesAnyOf(
                status -> assertThat(status).isIn(403, 404),
                status -> {
                  assertThat(status).isEqualTo(200);
                  assertThat(each.method()).isEqualTo("GET");
                });
      }
    }
    assertThat(things()).as("nothing of ann's changed").isEqualTo(before);
  }

  @Test
  void admin_seesEveryOwners() {
    String admin = key("ops", "main", Scope.ADMIN);
    for (Case each : RouteCases.all()) {
      Answer answer = send(each, anns, admin);
      assertThat(answer.status()).as("%s: %s", each, answer.body()).isEqualTo(each.admin());
    }
    assertThat(
            http.get(anns.in("/api/llm/jobs/?owner=ann"), "Authorization", "Bearer " + admin)
                .body())
        .contains(anns.job());
    assertThat(http.get("/v1/batches?owner=ann", "x-api-key", admin).body()).contains(anns.batch());
    assertThat(http.get("/v1/files?owner=ann", "x-api-key", admin).body()).contains(anns.file());
    assertThat(http.get("/v1/messages/batches?owner=ann", "x-api-key", admin).body())
        .contains(anns.messageBatch());
    assertThat(http.get("/api/llm/jobs/", "Authorization", "Bearer " + admin).body())
        .as("without owner=, an admin's own")
        .doesNotContain(anns.job());
    Answer retried = http.get("/api/llm/jobs/?owner=ann&page_size=1", "x-api-key", admin);
    assertThat(retried.json().path("jobs").get(0).path("job_id").asText())
        .as("the retry that the admin asked for is ann's")
        .isNotIn(anns.job(), anns.otherJob());
  }

  @Test
  void scope_isRequiredByEachRoute_inItsProtocolsWords() {
    Map<Scope, String> callers = new LinkedHashMap<>();
    callers.put(Scope.READ, key("bob", "reads", Scope.READ));
    callers.put(Scope.SUBMIT, key("bob", "submits", Scope.SUBMIT));
    for (Route route : server.routes()) {
      String name = route.method() + " " + route.path();
      for (Case each : RouteCases.byRoute().getOrDefault(name, List.of())) {
        Answer without = send(each, anns, "");
        assertThat(without.status() == 401).as("without a key: " + each).isEqualTo(!route.isOpen());
        callers.forEach(
            (scope, key) -> {
              Answer answer = send(each, anns, key);
              boolean may = route.isOpen() || route.needs().equals(Optional.of(scope));
              assertThat(answer.status() == 403).as("%s may %s", scope, each).isEqualTo(!may);
              assertThat(answer.status()).isNotEqualTo(401);
              if (!may) {
                assertRefusal(answer, route);
              }
            });
      }
    }
    assertThat(things()).hasSize(6);
  }

  private static void assertRefusal(Answer answer, Route route) {
    String scope = route.needs().orElseThrow().wireName();
    assertThat(answer.body()).contains("This needs the scope " + scope);
    assertThat(answer.header("WWW-Authenticate"))
        .isEqualTo("Bearer error=\"insufficient_scope\", scope=\"" + scope + "\"");
    if (route.path().startsWith("/v1/messages")) {
      assertThat(answer.json().path("error").path("type").asText()).isEqualTo("permission_error");
    } else if (route.path().startsWith("/v1/")) {
      assertThat(answer.json().path("error").path("code").asText()).isEqualTo("insufficient_scope");
    } else {
      assertThat(answer.text("code")).isEqualTo("insufficient_scope");
    }
  }

  @Test
  void methodsThatAreNot_areRefusedAlike_whoeverAsks() {
    for (String path : List.of("/api/llm/jobs/" + anns.job(), "/v1/batches/" + anns.batch())) {
      assertThat(http.call("PUT", path, "{}", "x-api-key", ann).status()).isEqualTo(405);
      assertThat(http.call("PUT", path, "{}").status()).isEqualTo(405);
    }
  }

  @Test
  void wrongKeys_areRefusedInTheSameWords() {
    IssuedKeys past = new IssuedKeys(store.apiKeys(), Clock.systemUTC());
    String revoked = key("carl", "gone", Scope.ADMIN);
    past.list(Optional.of(new Owner("carl"))).join().forEach(k -> past.revoke(k.id()).join());
    String otherSecret = ann.substring(0, ann.length() - 1) + (ann.endsWith("A") ? "E" : "A");
    Set<String> answers = new HashSet<>();
    for (String key : List.of(revoked, otherSecret, ann + "x", "pb_x", "nonsense", "a.b.c")) {
      answers.add(seen(http.get("/api/llm/jobs/", "Authorization", "Bearer " + key), NOBODY));
    }
    assertThat(answers).hasSize(1);
    assertThat(answers.iterator().next()).startsWith("401 ").contains("invalid_token");
  }

  @Test
  void outageOfTheStore_isNoRefusal() throws Exception {
    JobStore away =
        (JobStore)
            Proxy.newProxyInstance(
                JobStore.class.getClassLoader(),
                new Class<?>[] {JobStore.class},
                (proxy, method, arguments) ->
                    method.getName().equals("apiKeys")
                        ? new Away()
                        : method.invoke(store, arguments));
    var access = ApiConfig.loopback(0).withAccess(Access.LOOPBACK.withStoredKeys());
    try (ApiServer other =
        new ApiServer(access, away, new Silent(), TestStack.catalog(), Clock.systemUTC())) {
      other.start();
      HttpProbe probe = new HttpProbe(other.uri());
      for (String path : List.of("/api/llm/jobs/", "/v1/files", "/v1/messages/batches")) {
        Answer answer = probe.get(path, "Authorization", "Bearer " + ann);
        assertThat(answer.status()).as(answer.body()).isEqualTo(503);
        assertThat(answer.header("Retry-After")).isNotEmpty();
        assertThat(probe.get(path, "Authorization", "Bearer nonsense").status()).isEqualTo(401);
      }
    }
  }

  /** Keys that cannot be read at the moment. */
  private static final class Away implements ApiKeyStore {
    private static <T> CompletableFuture<T> down() {
      return CompletableFuture.failedFuture(
          new StoreUnavailableException("down", new IOException("down")));
    }

    @Override
    public CompletableFuture<Optional<KeyRing>> read(String id) {
      return down();
    }

    @Override
    public CompletableFuture<List<KeyRing>> all() {
      return down();
    }

    @Override
    public CompletableFuture<Boolean> write(KeyRing ring) {
      return down();
    }

    @Override
    public CompletableFuture<byte[]> sharedSecret() {
      return down();
    }
  }

  /** Messages go nowhere. */
  private static final class Silent implements JobPublisher {
    @Override
    public CompletableFuture<Void> publish(JobReference reference) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Void> publishTogether(List<JobReference> references) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Void> publishBatch(BatchId batch, Owner owner) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close() {}
  }
}

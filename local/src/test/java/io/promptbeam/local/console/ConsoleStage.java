package io.promptbeam.local.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.access.KeyRequest;
import io.promptbeam.access.Scope;
import io.promptbeam.api.Access;
import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiServer;
import io.promptbeam.api.deadletters.DeadLetterDesk;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.local.Await;
import io.promptbeam.local.browser.Browser;
import io.promptbeam.local.stack.Backends;
import io.promptbeam.local.stack.Stack;
import io.promptbeam.store.IssuedKeys;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.StoreUnavailableException;
import io.promptbeam.submit.Submission;
import io.promptbeam.submit.SubmissionParser;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * One service and one browser for all of {@link ConsoleIT}: everything embedded, with models that
 * behave in every way. A single test thread uses it.
 */
final class ConsoleStage implements AutoCloseable {
  static final String OWNER = "ann";
  static final String BULK_OWNER = "bulk";
  static final int BULK_JOBS = 10_000;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int AT_ONCE = 2_500;
  private static final String MODELS =
      """
      models:
        - id: demo
          provider: simulated
          requests_per_minute: 6000
          max_in_flight: 100
          price_per_million_tokens: {input: 0.15, cached_input: 0.075, output: 0.60}
          simulated: {seed: 1, latency_ms_median: 150, latency_sigma: 0.3}
        - id: slow
          provider: simulated
          max_in_flight: 20
          simulated: {seed: 2, latency_ms_median: 60000, latency_sigma: 0.0}
        - id: narrow
          provider: simulated
          max_in_flight: 1
          simulated: {seed: 5, latency_ms_median: 60000, latency_sigma: 0.0}
        - id: steady
          provider: simulated
          simulated: {seed: 4, latency_ms_median: 3000, latency_sigma: 0.0}
        - id: refuses
          provider: simulated
          simulated: {seed: 3, latency_ms_median: 20, refusal_rate: 1.0}
        - id: down
          provider: openai
          base_url: http://127.0.0.1:1/v1
        - id: tells
          provider: openai
          base_url: PROVIDER
          price_per_million_tokens: {input: 1.00, output: 2.00}
      """;

  private final TellingProvider provider;
  private final Stack stack;
  private final ModelCatalog catalog;
  private final DeadLetterDesk deadLetters;
  private final SubmissionParser parser;
  private final Browser browser;
  private final HttpClient http = HttpClient.newHttpClient();
  private final String adminKey;
  private final String ownerKey;
  private CompletableFuture<Void> bulk = CompletableFuture.completedFuture(null);
  private volatile boolean isStoreDown;
  private ApiServer server;

  private ConsoleStage(Browser browser, String models) throws Exception {
    this.browser = browser;
    provider = new TellingProvider();
    catalog = ModelCatalogLoader.parse("models", models.replace("PROVIDER", provider.url()));
    parser = new SubmissionParser(catalog);
    stack = Stack.open(new Backends(Optional.empty(), Optional.empty()));
    stack.startPipeline(catalog);
    adminKey = key("ops", Scope.ADMIN);
    ownerKey = key(OWNER, Scope.SUBMIT, Scope.READ);
    deadLetters = stack.deadLetters();
    server = serve(0);
  }

  /** Skips the test where there is no browser. */
  static ConsoleStage open() throws Exception {
    return open(MODELS);
  }

  /** With other models. */
  static ConsoleStage open(String models) throws Exception {
    Browser browser = Browser.start();
    try {
      return new ConsoleStage(browser, models);
    } catch (Exception | Error e) {
      browser.close();
      throw e;
    }
  }

  private ApiServer serve(int port) throws IOException {
    return serve(port, Access.LOOPBACK.withStoredKeys());
  }

  /** Another service over the same store, whose callers need no key; the caller's to close. */
  ApiServer serveOpenly() throws IOException {
    return serve(0, Access.LOOPBACK.withLocalAdmin());
  }

  private ApiServer serve(int port, Access access) throws IOException {
    ApiServer made =
        new ApiServer(
            ApiConfig.loopback(port).withAccess(access),
            failingStore(),
            stack.publisher(),
            () -> catalog,
            Clock.systemUTC(),
            Optional.of(deadLetters));
    made.start();
    return made;
  }

  /** The store, but for lists, which cannot be read while it is said to be down. */
  private JobStore failingStore() {
    return (JobStore)
        Proxy.newProxyInstance(
            JobStore.class.getClassLoader(),
            new Class<?>[] {JobStore.class},
            (proxy, method, arguments) -> {
              if (isStoreDown && method.getName().equals("list")) {
                return CompletableFuture.failedFuture(
                    new StoreUnavailableException("down", new IOException("down")));
              }
              try {
                return method.invoke(stack.store(), arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private String key(String owner, Scope... scopes) {
    return new IssuedKeys(stack.store().apiKeys(), Clock.systemUTC())
        .create(
            new KeyRequest(
                new Owner(owner),
                "console",
                Optional.of(Set.of(scopes)),
                Optional.empty(),
                Optional.empty()))
        .join()
        .text()
        .reveal();
  }

  /** Jobs that start next month: they are listed like any other, and nobody works on them. */
  private void submitBulk() {
    ObjectNode body =
        JsonNodeFactory.instance
            .objectNode()
            .put("model_id", "demo")
            .put("full_input", "x")
            .put("not_before", Instant.now().plusSeconds(20 * 86_400).toString());
    for (int done = 0; done < BULK_JOBS; done += AT_ONCE) {
      List<Submission> some = new ArrayList<>();
      for (int i = done; i < done + AT_ONCE; i++) {
        body.putObject("metadata").put("row", "r" + i);
        some.add(submission(body, new Owner(BULK_OWNER)));
      }
      stack.submitter().submitAll(some).join();
    }
  }

  private Submission submission(ObjectNode body, Owner owner) {
    try {
      return parser.parse(body, owner, Optional.empty(), Instant.now());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Begins to store the bulk owner's jobs, beside everything else. */
  void beginBulk() {
    bulk = CompletableFuture.runAsync(this::submitBulk);
  }

  /** Blocks until all the bulk owner's jobs are stored. */
  void awaitBulk() {
    bulk.join();
  }

  Browser browser() {
    return browser;
  }

  Stack stack() {
    return stack;
  }

  URI uri() {
    return server.uri();
  }

  String adminKey() {
    return adminKey;
  }

  /** Of {@link #OWNER}, who may submit and read. */
  String ownerKey() {
    return ownerKey;
  }

  /** A job of {@link #OWNER}; {@code more} are further members of the body, or empty. */
  JobId submit(String model, String input, String more) {
    try {
      ObjectNode body = JSON.createObjectNode().put("model_id", model).put("full_input", input);
      if (!more.isEmpty()) {
        body.setAll((ObjectNode) JSON.readTree(more));
      }
      Submission submission = submission(body, new Owner(OWNER));
      stack.submitter().submit(submission).join();
      return submission.spec().id();
    } catch (IOException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** What an admin is answered. */
  JsonNode get(String path) throws Exception {
    return json(HttpRequest.newBuilder(uri().resolve(path)).GET());
  }

  JsonNode post(String path, String body) throws Exception {
    return json(
        HttpRequest.newBuilder(uri().resolve(path))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body)));
  }

  private JsonNode json(HttpRequest.Builder request) throws Exception {
    var answer =
        http.send(
            request.header("Authorization", "Bearer " + adminKey).build(), BodyHandlers.ofString());
    return JSON.readTree(answer.body());
  }

  /** Blocks until the job is in this state. */
  void awaitJob(JobId id, String status) throws Exception {
    Await.until(
        "job " + id + " is " + status,
        () -> get("/api/llm/jobs/" + id + "/status/").path("status").asText(),
        status::equals);
  }

  void storeIsDown(boolean isDown) {
    isStoreDown = isDown;
  }

  /** Ends the service, runs {@code meanwhile}, and begins anew at the same address. */
  void withoutService(Runnable meanwhile) throws IOException {
    int port = server.port();
    server.close();
    try {
      meanwhile.run();
    } finally {
      server = serve(port);
    }
  }

  @Override
  public void close() {
    browser.close();
    bulk.exceptionally(failure -> null).join();
    server.close();
    stack.close();
    provider.close();
  }
}

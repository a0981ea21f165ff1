package io.promptbeam.api.deadletters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptbeam.access.Scope;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.Problems;
import io.promptbeam.api.http.Route;
import io.promptbeam.job.Owner;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What admins may ask of dead letters, and how much of it at once. */
class DeadLetterRoutesTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final Caller ADMIN = new Caller(new Owner("ops"), Set.of(Scope.ADMIN));

  private final FakeDesk desk = new FakeDesk();
  private final AtomicLong nanos = new AtomicLong();
  private DeadLetterRoutes routes = with(PATIENCE);

  @AfterEach
  void close() {
    desk.gate.complete(null);
    routes.close();
  }

  private DeadLetterRoutes with(Duration patience) {
    return new DeadLetterRoutes(Optional.of(desk), new DeskClerk(patience, nanos::get));
  }

  private CompletableFuture<ApiResponse> get(String limit) {
    return call("GET", "", limit.isEmpty() ? Map.of() : Map.of("limit", List.of(limit)), "");
  }

  private CompletableFuture<ApiResponse> post(String verb, String body) {
    return call("POST", "/" + verb, Map.of(), body);
  }

  private CompletableFuture<ApiResponse> call(
      String method, String below, Map<String, List<String>> query, String body) {
    Route route =
        routes.routes().stream()
            .filter(
                each ->
                    each.method().equals(method)
                        && each.path().equals("/api/llm/dead-letters" + below))
            .findFirst()
            .orElseThrow();
    assertThat(route.needs()).contains(Scope.ADMIN);
    return route.handler().handle(new Request(method, query, body), ADMIN);
  }

  private static JsonNode json(CompletableFuture<ApiResponse> answer) throws IOException {
    ApiResponse done = answer.join();
    assertThat(done.status()).isEqualTo(200);
    assertThat(done.headers()).contains(new ApiResponse.Header("Cache-Control", "no-store"));
    return new ObjectMapper().readTree(done.body());
  }

  private static Problem problem(Supplier<CompletableFuture<ApiResponse>> call) {
    Throwable failure = catchThrowable(() -> call.get().join());
    return Problems.of(failure).orElseThrow(() -> new AssertionError(failure));
  }

  @Test
  void look_showsEveryField() throws IOException {
    desk.letters =
        List.of(
            new DeadLetterDesk.Letter(
                "7",
                "not_json",
                "It is no JSON.",
                Instant.parse("2026-11-24T02:30:00Z"),
                "<b>",
                3));
    JsonNode answer = json(get(""));
    assertThat(answer)
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    "{\"dead_letters\":[{\"id\":\"7\",\"reason\":\"not_json\","
                        + "\"message\":\"It is no JSON.\",\"published_at\":"
                        + "\"2026-11-24T02:30:00.000Z\",\"payload\":\"<b>\",\"bytes\":3}],"
                        + "\"more\":false}"));
    assertThat(desk.asked).containsExactly("look 50");
    json(get("100"));
    assertThat(desk.asked).contains("look 100");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "101", "-1", "x", "99999999999"})
  void look_isRefused_beyondItsBounds(String limit) {
    Problem problem = problem(() -> get(limit));
    assertThat(problem.status()).isEqualTo(400);
    assertThat(problem.field()).contains("limit");
    assertThat(desk.asked).isEmpty();
  }

  @Test
  void look_isRefused_withParametersThatAreNot() {
    var query = Map.of("reason", List.of("not_json"));
    assertThat(problem(() -> call("GET", "", query, "")).field()).contains("reason");
    var twice = Map.of("limit", List.of("1", "2"));
    assertThat(problem(() -> call("GET", "", twice, "")).field()).contains("limit");
  }

  @Test
  void replayAndDiscard_tellWhatWasNotThere() throws IOException {
    desk.present = Set.of("1", "2");
    desk.cut = Set.of("3");
    String ids = "{\"ids\":[\"1\",\"2\",\"3\",\"4\",\"4\"]}";
    assertThat(json(post("replay", ids)))
        .hasToString("{\"replayed\":2,\"not_found\":[\"4\"],\"truncated\":[\"3\"]}");
    assertThat(json(post("discard", ids))).hasToString("{\"discarded\":3,\"not_found\":[\"4\"]}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "{}",
        "{\"ids\":[]}",
        "{\"ids\":\"1\"}",
        "{\"ids\":[1]}",
        "{\"ids\":[\"\"]}",
        "{\"ids\":[null]}",
        "{\"ids\":[\"1\"],\"all\":true}"
      })
  void replayAndDiscard_areRefused_withoutIds(String body) {
    for (String verb : List.of("replay", "discard")) {
      Problem problem = problem(() -> post(verb, body));
      assertThat(problem.status()).isEqualTo(400);
      assertThat(problem.field()).isPresent();
    }
    assertThat(desk.asked).isEmpty();
  }

  @Test
  void replay_isRefused_withTooManyIdsOrTooLongOnes() throws IOException {
    String hundred =
        IntStream.range(0, 100).mapToObj(i -> "\"" + i + "\"").collect(Collectors.joining(","));
    json(post("replay", "{\"ids\":[" + hundred + "]}"));
    assertThat(problem(() -> post("replay", "{\"ids\":[\"x\"," + hundred + "]}")).status())
        .isEqualTo(400);
    String tooLong = "{\"ids\":[\"" + "x".repeat(257) + "\"]}";
    assertThat(problem(() -> post("replay", tooLong)).status()).isEqualTo(400);
    assertThat(desk.asked).hasSize(1);
  }

  @Test
  void everything_is501_whereThereIsNoDesk() {
    routes = new DeadLetterRoutes(Optional.empty(), PATIENCE);
    for (Problem problem :
        List.of(
            problem(() -> get("")),
            problem(() -> post("replay", "{}")),
            problem(() -> post("discard", "{}")))) {
      assertThat(problem.status()).isEqualTo(501);
      assertThat(problem.code()).isEqualTo("no_dead_letters");
    }
  }

  @Test
  void desk_isAskedOneByOne_andTooManyAreSentAway() throws Exception {
    desk.gate = new CompletableFuture<>();
    List<CompletableFuture<ApiResponse>> answers = new ArrayList<>();
    answers.add(get("1"));
    desk.entered.await();
    for (int i = 0; i < 4; i++) {
      answers.add(get("1"));
    }
    Problem busy = problem(() -> get("1"));
    assertThat(busy.status()).isEqualTo(503);
    assertThat(busy.code()).isEqualTo("dead_letters_busy");
    assertThat(busy.headers()).contains(new ApiResponse.Header("Retry-After", "2"));
    assertThat(answers).noneMatch(CompletableFuture::isDone);
    desk.gate.complete(null);
    for (CompletableFuture<ApiResponse> answer : answers) {
      json(answer);
    }
    assertThat(desk.mostAtOnce).hasValue(1);
  }

  @Test
  void request_isSentAway_whenItsTurnComesTooLate() throws Exception {
    desk.gate = new CompletableFuture<>();
    CompletableFuture<ApiResponse> first = get("1");
    desk.entered.await();
    CompletableFuture<ApiResponse> second = post("replay", "{\"ids\":[\"1\"]}");
    nanos.addAndGet(PATIENCE.toNanos() / 4 + 1);
    desk.gate.complete(null);
    json(first);
    assertThat(problem(() -> second).code()).isEqualTo("dead_letters_busy");
    assertThat(desk.asked).as("nothing was begun").containsExactly("look 1");
  }

  @Test
  void request_ends_whenTheQueueDoesNotAnswer() {
    desk.gate = new CompletableFuture<>();
    routes.close();
    routes = with(Duration.ofMillis(20));
    Problem problem = problem(() -> get("1"));
    assertThat(problem.status()).isEqualTo(503);
    assertThat(problem.code()).isEqualTo("queue_unavailable");
  }

  @Test
  void failures_areToldWithoutTheirText_andTheNextIsServed() throws IOException {
    desk.failure =
        Optional.of(new DeskUnavailableException("projects/p/subscriptions/s", new IOException()));
    Problem problem = problem(() -> get("1"));
    assertThat(problem.status()).isEqualTo(503);
    assertThat(problem.code()).isEqualTo("queue_unavailable");
    assertThat(problem.detail()).doesNotContain("projects/");
    desk.failure = Optional.of(new IllegalStateException("a defect"));
    assertThat(catchThrowable(() -> get("1").join()))
        .isInstanceOf(CompletionException.class)
        .hasRootCauseMessage("a defect");
    desk.failure = Optional.empty();
    json(get("1"));
  }

  private static final class FakeDesk implements DeadLetterDesk {
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final CountDownLatch entered = new CountDownLatch(1);
    private final AtomicInteger now = new AtomicInteger();
    private final AtomicInteger mostAtOnce = new AtomicInteger();
    private volatile CompletableFuture<Void> gate = CompletableFuture.completedFuture(null);
    private volatile Optional<RuntimeException> failure = Optional.empty();
    private volatile List<Letter> letters = List.of();
    private volatile Set<String> present = Set.of();
    private volatile Set<String> cut = Set.of();

    private void enter(String what, Duration patience) {
      assertThat(patience).isPositive().isLessThan(PATIENCE);
      asked.add(what);
      mostAtOnce.accumulateAndGet(now.incrementAndGet(), Math::max);
      entered.countDown();
      gate.join();
      now.decrementAndGet();
      if (failure.isPresent()) {
        throw failure.get();
      }
    }

    @Override
    public Look look(int limit, Duration patience) {
      enter("look " + limit, patience);
      return new Look(letters, false);
    }

    @Override
    public Outcome replay(Set<String> ids, Duration patience) {
      enter("replay " + ids.size(), patience);
      return new Outcome(present, cut);
    }

    @Override
    public Outcome discard(Set<String> ids, Duration patience) {
      enter("discard " + ids.size(), patience);
      Set<String> all = new HashSet<>(present);
      all.addAll(cut);
      return new Outcome(all, Set.of());
    }
  }

  private record Request(String method, Map<String, List<String>> query, String text)
      implements ApiRequest {
    @Override
    public String id() {
      return "req_1";
    }

    @Override
    public String path() {
      return "/api/llm/dead-letters";
    }

    @Override
    public Optional<String> header(String name) {
      return name.equals("Content-Type") ? Optional.of("application/json") : Optional.empty();
    }

    @Override
    public String pathValue(String name) {
      throw new UnsupportedOperationException();
    }

    @Override
    public byte[] body() {
      return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public InputStream bodyStream(long maxBytes) {
      throw new UnsupportedOperationException();
    }

    @Override
    public String origin() {
      return "http://h";
    }
  }
}

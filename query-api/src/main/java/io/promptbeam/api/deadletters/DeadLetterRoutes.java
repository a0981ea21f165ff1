package io.promptbeam.api.deadletters;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.deadletters.DeadLetterDesk.Letter;
import io.promptbeam.api.deadletters.DeadLetterDesk.Look;
import io.promptbeam.api.deadletters.DeadLetterDesk.Outcome;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.JsonBody;
import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.ProblemException;
import io.promptbeam.api.http.Problems;
import io.promptbeam.api.http.Route;
import io.promptbeam.outage.SparseWarning;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Admins look at dead letters, replay and discard them. Thread-safe, never blocks. */
public final class DeadLetterRoutes implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DeadLetterRoutes.class);
  private static final SparseWarning UNREACHED = new SparseWarning(log);

  static final String PATH = "/api/llm/dead-letters";

  private static final int MAX_LETTERS = 100;
  private static final int DEFAULT_LETTERS = 50;
  private static final int MAX_ID_CHARS = 256;
  private static final String RETRY_AFTER_SECONDS = "2";
  private static final DateTimeFormatter WIRE_TIME =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter(Locale.ROOT);

  private final Optional<DeadLetterDesk> desk;
  private final DeskClerk clerk;

  /**
   * @param desk empty where there is none; then every answer is 501
   * @param patience after which the answer is 503
   */
  public DeadLetterRoutes(Optional<DeadLetterDesk> desk, Duration patience) {
    this(desk, new DeskClerk(patience, System::nanoTime));
  }

  DeadLetterRoutes(Optional<DeadLetterDesk> desk, DeskClerk clerk) {
    this.desk = desk;
    this.clerk = clerk;
  }

  public List<Route> routes() {
    return List.of(
        Route.administering("GET", PATH, this::look),
        Route.administering("POST", PATH + "/replay", this::replay),
        Route.administering("POST", PATH + "/discard", this::discard));
  }

  private CompletableFuture<ApiResponse> look(ApiRequest request, Caller caller) {
    DeadLetterDesk at = desk.orElseThrow(DeadLetterRoutes::none);
    int limit = limit(request.query());
    return ask(patience -> at.look(limit, patience)).thenApply(DeadLetterRoutes::answer);
  }

  private CompletableFuture<ApiResponse> replay(ApiRequest request, Caller caller) {
    DeadLetterDesk at = desk.orElseThrow(DeadLetterRoutes::none);
    Set<String> ids = ids(JsonBody.read(request));
    return ask(patience -> at.replay(ids, patience))
        .thenApply(
            outcome -> {
              log.info("{} dead letters replayed by {}", outcome.done().size(), caller.owner());
              ObjectNode json = told("replayed", ids, outcome);
              outcome.truncated().forEach(json.putArray("truncated")::add);
              return answer(json);
            });
  }

  private CompletableFuture<ApiResponse> discard(ApiRequest request, Caller caller) {
    DeadLetterDesk at = desk.orElseThrow(DeadLetterRoutes::none);
    Set<String> ids = ids(JsonBody.read(request));
    return ask(patience -> at.discard(ids, patience))
        .thenApply(
            outcome -> {
              log.info("{} dead letters discarded by {}", outcome.done().size(), caller.owner());
              return answer(told("discarded", ids, outcome));
            });
  }

  private <T> CompletableFuture<T> ask(Function<Duration, T> work) {
    return clerk
        .ask(work)
        .handle(
            (done, failure) -> {
              if (failure != null) {
                throw refused(failure);
              }
              return done;
            });
  }

  private static RuntimeException refused(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof RejectedExecutionException) {
      return Problem.of(
              503,
              "dead_letters_busy",
              "Dead letters busy",
              "Others are looking at the dead letters; that takes some seconds. Try again.")
          .withHeader("Retry-After", RETRY_AFTER_SECONDS)
          .asException();
    }
    if (cause instanceof DeskUnavailableException || cause instanceof TimeoutException) {
      UNREACHED.warn(() -> "dead letters cannot be reached: " + SparseWarning.reason(cause));
      return Problem.of(
              503,
              "queue_unavailable",
              "Queue unavailable",
              "The queue of dead letters does not answer at the moment; the service's log says why."
                  + " What was asked for may have been done in part. Look again.")
          .withHeader("Retry-After", RETRY_AFTER_SECONDS)
          .asException();
    }
    return new CompletionException(cause);
  }

  private static ProblemException none() {
    return Problem.of(
            501,
            "no_dead_letters",
            "No dead letters",
            "This service has no queue of dead letters to look at.")
        .asException();
  }

  private static int limit(Map<String, List<String>> query) {
    for (Map.Entry<String, List<String>> parameter : query.entrySet()) {
      if (!parameter.getKey().equals("limit")) {
        throw Problems.invalidParameter(parameter.getKey(), "Only limit is known here.")
            .asException();
      }
      if (parameter.getValue().size() != 1) {
        throw Problems.invalidParameter("limit", "Give it once.").asException();
      }
    }
    String text = query.getOrDefault("limit", List.of("")).get(0);
    if (text.isEmpty()) {
      return DEFAULT_LETTERS;
    }
    try {
      int limit = Integer.parseInt(text);
      if (limit >= 1 && limit <= MAX_LETTERS) {
        return limit;
      }
    } catch (NumberFormatException e) {
      // Answered like a number out of range.
    }
    throw Problems.invalidParameter("limit", "It must be from 1 to " + MAX_LETTERS + ".")
        .asException();
  }

  private static Set<String> ids(JsonNode body) {
    if (!body.isObject()) {
      throw invalid("body", "It must be an object.");
    }
    for (Iterator<String> names = body.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!name.equals("ids")) {
        throw invalid(name, "This field is not known here.");
      }
    }
    JsonNode given = body.path("ids");
    if (!given.isArray() || given.isEmpty() || given.size() > MAX_LETTERS) {
      throw invalid("ids", "It must be a list of 1 to " + MAX_LETTERS + " ids of dead letters.");
    }
    Set<String> ids = new LinkedHashSet<>();
    for (JsonNode id : given) {
      if (!id.isTextual() || id.textValue().isEmpty() || id.textValue().length() > MAX_ID_CHARS) {
        throw invalid("ids", "Each must be an id as GET " + PATH + "/ shows it.");
      }
      ids.add(id.textValue());
    }
    return ids;
  }

  private static ProblemException invalid(String field, String remedy) {
    return Problem.of(400, "invalid_field", "Invalid request", field + ": " + remedy)
        .withField(field)
        .asException();
  }

  private static ApiResponse answer(Look look) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ArrayNode rows = json.putArray("dead_letters");
    for (Letter letter : look.letters()) {
      rows.addObject()
          .put("id", letter.id())
          .put("reason", letter.reason())
          .put("message", letter.message())
          .put("published_at", WIRE_TIME.format(letter.publishedAt()))
          .put("payload", letter.payload())
          .put("bytes", letter.bytes());
    }
    return answer(json.put("more", look.more()));
  }

  private static ObjectNode told(String what, Set<String> asked, Outcome outcome) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put(what, outcome.done().size());
    ArrayNode missing = json.putArray("not_found");
    asked.stream()
        .filter(id -> !outcome.done().contains(id) && !outcome.truncated().contains(id))
        .forEach(missing::add);
    return json;
  }

  private static ApiResponse answer(ObjectNode json) {
    return ApiResponse.json(200, json.toString().getBytes(StandardCharsets.UTF_8))
        .with("Cache-Control", "no-store");
  }

  /** Waits a moment for what is under way. */
  @Override
  public void close() {
    clerk.close();
  }
}

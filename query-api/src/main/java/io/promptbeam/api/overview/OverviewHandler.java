package io.promptbeam.api.overview;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Handler;
import io.promptbeam.api.jobs.CachedBoard;
import io.promptbeam.api.jobs.LiveBoard;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.job.Owner;
import io.promptbeam.store.usage.UsageStore;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells what goes on: what workers put up of the last minute, and what was used today. However many
 * look, the board is read once a second and the sum over all owners every two. Thread-safe.
 */
public final class OverviewHandler implements Handler {
  public static final String PATH = "/api/llm/overview";

  /** The lane of all models that are not configured. */
  private static final String UNKNOWN_MODELS = "?";

  private static final Duration TOTAL_FRESH = Duration.ofSeconds(2);
  private static final ObjectWriter WRITER =
      new ObjectMapper().writer().with(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN);

  private record Total(LocalDate day, Instant at, CompletableFuture<UsageStore.Day> counts) {
    boolean isFresh(LocalDate today, Instant now) {
      return day.equals(today) && !at.isAfter(now) && at.plus(TOTAL_FRESH).isAfter(now);
    }
  }

  private final CachedBoard board;
  private final UsageStore usage;
  private final Supplier<ModelCatalog> catalog;
  private final Clock clock;
  private final Predicate<Caller> seesAll;
  private final AtomicReference<@Nullable Total> total = new AtomicReference<>();

  /**
   * Reads nothing until it is asked.
   *
   * @param seesAll who is told of the whole service
   */
  public OverviewHandler(
      CachedBoard board,
      UsageStore usage,
      Supplier<ModelCatalog> catalog,
      Clock clock,
      Predicate<Caller> seesAll) {
    this.board = board;
    this.usage = usage;
    this.catalog = catalog;
    this.clock = clock;
    this.seesAll = seesAll;
  }

  @Override
  public CompletableFuture<ApiResponse> handle(ApiRequest request, Caller caller) {
    Instant now = clock.instant();
    LocalDate today = LocalDate.ofInstant(now, ZoneOffset.UTC);
    List<ModelConfig> models = catalog.get().models();
    List<String> ids = new ArrayList<>(models.stream().map(ModelConfig::id).toList());
    boolean all = seesAll.test(caller);
    if (all) {
      ids.add(UNKNOWN_MODELS);
    }
    CompletableFuture<LiveBoard> live = LiveBoard.read(board, ids, now);
    return all
        ? live.thenCombine(
            total(today, now),
            (lanes, day) ->
                answer(OverviewView.ofAll(now, caller, lanes, models, UNKNOWN_MODELS, day)))
        : live.thenCombine(
            own(caller.owner(), today),
            (lanes, day) -> answer(OverviewView.ofOwn(now, caller, lanes, models, day)));
  }

  private CompletableFuture<UsageStore.Day> own(Owner owner, LocalDate today) {
    return usage
        .read(owner, today, today)
        .thenApply(days -> days.isEmpty() ? new UsageStore.Day(today, Map.of()) : days.get(0));
  }

  private CompletableFuture<UsageStore.Day> total(LocalDate today, Instant now) {
    Total known = total.get();
    if (known == null || !known.isFresh(today, now)) {
      known = new Total(today, now, usage.total(today));
      total.set(known);
    }
    return known.counts();
  }

  private static ApiResponse answer(ObjectNode overview) {
    try {
      return ApiResponse.json(200, WRITER.writeValueAsBytes(overview))
          .with("Cache-Control", "no-store");
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
  }
}

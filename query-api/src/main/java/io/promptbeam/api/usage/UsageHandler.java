package io.promptbeam.api.usage;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Handler;
import io.promptbeam.api.http.OwnerParameter;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.OwnerPolicy;
import io.promptbeam.job.Owner;
import io.promptbeam.store.usage.UsageDay;
import io.promptbeam.store.usage.UsageStore;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.LocalDate;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Adds up what an owner used, and says what is left of its budget today. */
public final class UsageHandler implements Handler {
  public static final String PATH = "/api/llm/usage";

  private static final ObjectWriter WRITER =
      new ObjectMapper().writer().with(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN);

  private final UsageStore store;
  private final Supplier<ModelCatalog> catalog;
  private final Clock clock;

  public UsageHandler(UsageStore store, Supplier<ModelCatalog> catalog, Clock clock) {
    this.store = store;
    this.catalog = catalog;
    this.clock = clock;
  }

  @Override
  public CompletableFuture<ApiResponse> handle(ApiRequest request, Caller caller) {
    Owner owner = OwnerParameter.of(request, caller);
    LocalDate today = UsageDay.of(owner, clock.instant()).day();
    UsageQuery query = UsageQuery.of(request.query(), today);
    OwnerPolicy policy = catalog.get().owner(owner);
    Optional<BigDecimal> budget = policy.budgetUsdPerDay();
    return store
        .read(owner, query.from(), query.to())
        .thenApply(days -> UsageReport.of(query, owner, days))
        .thenCompose(
            report ->
                budget.isEmpty()
                    ? CompletableFuture.completedFuture(report)
                    : store
                        .budget(new UsageDay(owner, today))
                        .read()
                        .thenApply(
                            row ->
                                report.set(
                                    "budget", UsageReport.budget(budget.get(), policy, row))))
        .thenApply(UsageHandler::answer);
  }

  private static ApiResponse answer(ObjectNode report) {
    try {
      return ApiResponse.json(200, WRITER.writeValueAsBytes(report))
          .with("Cache-Control", "no-store");
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
  }
}

package io.promptbeam.submit;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.batch.ModelLoad;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.catalog.OwnerPolicy;
import io.promptbeam.submit.WorkEstimate.Ahead;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class WorkEstimateTest {
  private static ModelCatalog models(String limits, String rest) throws Exception {
    return ModelCatalogLoader.parse(
        "models.yaml",
        "models: [{id: one, provider: openai, base_url: 'http://127.0.0.1:9/v1', "
            + limits
            + "}, {id: two, provider: openai, base_url: 'http://127.0.0.1:9/v1', "
            + limits
            + "}]"
            + rest);
  }

  private static Optional<WorkEstimate> estimate(
      ModelCatalog catalog, Map<String, ModelLoad> loads, Map<String, Ahead> ahead) {
    return WorkEstimate.of(loads, ahead, catalog, OwnerPolicy.DEFAULT);
  }

  @Test
  void estimate_isOfTheSlowestLimit_whenSeveralBind() throws Exception {
    ModelCatalog catalog = models("requests_per_minute: 60, tokens_per_minute: 1000", "");
    ModelLoad load = new ModelLoad(120, 3_000, 1_000);
    assertThat(estimate(catalog, Map.of("one", load), Map.of()))
        .contains(new WorkEstimate(Duration.ofMinutes(4), "one", "tokens"));
    ModelLoad many = new ModelLoad(600, 3_000, 1_000);
    assertThat(estimate(catalog, Map.of("one", load, "two", many), Map.of()))
        .contains(new WorkEstimate(Duration.ofMinutes(10), "two", "requests"));
  }

  @Test
  void estimate_countsWhatIsAhead() throws Exception {
    ModelCatalog catalog = models("requests_per_minute: 60, max_in_flight: 2", "");
    ModelLoad load = new ModelLoad(60, 600, 0);
    assertThat(
            estimate(
                catalog, Map.of("one", load), Map.of("one", new Ahead(60, 600, Optional.empty()))))
        .contains(new WorkEstimate(Duration.ofMinutes(2), "one", "requests"));
    assertThat(
            estimate(
                catalog,
                Map.of("one", load),
                Map.of("one", new Ahead(60, 600, Optional.of(Duration.ofSeconds(10))))))
        .contains(new WorkEstimate(Duration.ofMinutes(10), "one", "in_flight"));
  }

  @Test
  void estimate_sumsAnAccountsModels() throws Exception {
    ModelCatalog catalog = models("account: a", "\naccounts: [{id: a, requests_per_minute: 60}]");
    ModelLoad load = new ModelLoad(60, 600, 0);
    assertThat(estimate(catalog, Map.of("one", load, "two", load), Map.of()))
        .map(WorkEstimate::takes)
        .contains(Duration.ofMinutes(2));
  }

  @Test
  void estimate_isOfTheOwnersLimit_whenItBinds() throws Exception {
    OwnerPolicy one =
        new OwnerPolicy(
            1,
            OwnerPolicy.DEFAULT.maxWaiting(),
            OwnerPolicy.DEFAULT.submitsPerMinute(),
            OptionalInt.of(1),
            Optional.empty(),
            OwnerPolicy.OverBudget.WAIT);
    ModelLoad load = new ModelLoad(60, 600, 0);
    Ahead others = new Ahead(60, 600, Optional.of(Duration.ofSeconds(2)));
    assertThat(
            WorkEstimate.of(
                Map.of("one", load), Map.of("one", others), models("max_in_flight: 100", ""), one))
        .contains(new WorkEstimate(Duration.ofMinutes(2), "one", "owner_in_flight"));
  }

  @Test
  void estimate_isUnknown_whenNothingIsLimited() throws Exception {
    ModelLoad load = new ModelLoad(60, 600, 0);
    assertThat(estimate(models("max_in_flight: 5", ""), Map.of("one", load), Map.of())).isEmpty();
    assertThat(estimate(models("max_in_flight: 5", ""), Map.of("gone", load), Map.of())).isEmpty();
  }
}

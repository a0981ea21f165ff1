package io.promptbeam.submit;

import io.promptbeam.batch.ModelLoad;
import io.promptbeam.catalog.Account;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.OwnerPolicy;
import io.promptbeam.catalog.RateLimits;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How long work takes at least under the limits of its models and their accounts, if calls use what
 * was estimated: each limit alone would take so long, and the slowest decides. Pure.
 *
 * @param modelId whose limit that is
 * @param limit {@code requests}, {@code tokens}, {@code input_tokens}, {@code output_tokens},
 *     {@code in_flight} or {@code owner_in_flight}
 */
public record WorkEstimate(Duration takes, String modelId, String limit) {
  private static final double SECONDS_PER_MINUTE = 60;
  private static final double MAX_SECONDS = 1e10;

  /**
   * What else the model does meanwhile.
   *
   * @param jobs that come before the work's end
   * @param tokens they are expected to use
   * @param callTakes how long a call takes, if that is known
   */
  public record Ahead(double jobs, double tokens, Optional<Duration> callTakes) {
    public static final Ahead NOTHING = new Ahead(0, 0, Optional.empty());
  }

  /** Of one model, or of all those of an account. */
  private record Work(
      double jobs, double input, double output, double ownJobs, double callSeconds) {
    static Work of(ModelLoad load, Ahead ahead) {
      // Of what is ahead only the sum is known: taken to be parted as the load's own tokens.
      double growth = 1 + ahead.tokens() / Math.max(1, load.tokens());
      return new Work(
          load.lines() + ahead.jobs(),
          load.inputTokens() * growth,
          load.outputTokens() * growth,
          load.lines(),
          (load.lines() + ahead.jobs()) * seconds(ahead));
    }

    private static double seconds(Ahead ahead) {
      return ahead.callTakes().map(takes -> takes.toMillis() / 1_000.0).orElse(0.0);
    }

    Work plus(Work other) {
      return new Work(
          jobs + other.jobs,
          input + other.input,
          output + other.output,
          ownJobs + other.ownJobs,
          callSeconds + other.callSeconds);
    }
  }

  /** Empty when no limit is known that binds. */
  public static Optional<WorkEstimate> of(
      Map<String, ModelLoad> loads,
      Map<String, Ahead> ahead,
      ModelCatalog catalog,
      OwnerPolicy owner) {
    Optional<WorkEstimate> slowest = Optional.empty();
    Map<String, Work> byAccount = new LinkedHashMap<>();
    Map<String, String> modelOf = new LinkedHashMap<>();
    double ownCallSeconds = 0;
    for (Map.Entry<String, ModelLoad> each : loads.entrySet()) {
      String id = each.getKey();
      Work work = Work.of(each.getValue(), ahead.getOrDefault(id, Ahead.NOTHING));
      Optional<ModelConfig> model = catalog.find(id);
      if (model.isPresent()) {
        slowest = slower(slowest, under(model.get().limits(), work, id));
      }
      Optional<String> account = model.flatMap(ModelConfig::account);
      if (account.isPresent()) {
        byAccount.merge(account.get(), work, Work::plus);
        modelOf.putIfAbsent(account.get(), id);
      }
      ownCallSeconds += work.jobs() > 0 ? work.callSeconds() * work.ownJobs() / work.jobs() : 0;
      if (owner.maxInFlight().isPresent()) {
        double seconds = ownCallSeconds / owner.maxInFlight().getAsInt();
        slowest = slower(slowest, estimate(seconds, id, "owner_in_flight"));
      }
    }
    for (Map.Entry<String, Work> each : byAccount.entrySet()) {
      Optional<RateLimits> limits = catalog.account(each.getKey()).map(Account::limits);
      String model = modelOf.getOrDefault(each.getKey(), "");
      if (limits.isPresent()) {
        slowest = slower(slowest, under(limits.get(), each.getValue(), model));
      }
    }
    return slowest;
  }

  private static Optional<WorkEstimate> under(RateLimits limits, Work work, String model) {
    double tokens = work.input() + work.output();
    Optional<WorkEstimate> all =
        perMinute(work.jobs(), limits.requestsPerMinute(), model, "requests");
    all = slower(all, perMinute(tokens, limits.tokensPerMinute(), model, "tokens"));
    all =
        slower(all, perMinute(work.input(), limits.inputTokensPerMinute(), model, "input_tokens"));
    all =
        slower(
            all, perMinute(work.output(), limits.outputTokensPerMinute(), model, "output_tokens"));
    return limits.maxInFlight() == RateLimits.UNLIMITED_IN_FLIGHT
        ? all
        : slower(all, estimate(work.callSeconds() / limits.maxInFlight(), model, "in_flight"));
  }

  private static Optional<WorkEstimate> perMinute(
      double amount, long limit, String model, String name) {
    return limit == RateLimits.UNLIMITED
        ? Optional.empty()
        : estimate(amount / limit * SECONDS_PER_MINUTE, model, name);
  }

  private static Optional<WorkEstimate> estimate(double seconds, String model, String limit) {
    return seconds <= 0
        ? Optional.empty()
        : Optional.of(
            new WorkEstimate(
                Duration.ofMillis((long) Math.ceil(Math.min(MAX_SECONDS, seconds) * 1_000)),
                model,
                limit));
  }

  private static Optional<WorkEstimate> slower(
      Optional<WorkEstimate> one, Optional<WorkEstimate> other) {
    if (one.isEmpty() || other.isEmpty()) {
      return one.or(() -> other);
    }
    return one.get().takes().compareTo(other.get().takes()) >= 0 ? one : other;
  }
}

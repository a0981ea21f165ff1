package io.promptbeam.submit;

import io.promptbeam.catalog.Account;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.RateLimits;
import java.util.Locale;
import java.util.Optional;

/** Refuses what would wait for ever: a request that is larger than a whole minute's tokens. */
final class TokenCheck {
  private TokenCheck() {}

  /**
   * Checks an estimate against the limits of its model, and of the model's account.
   *
   * @param field where the input is
   */
  static void check(ModelCatalog catalog, String modelId, String field, TokenEstimate estimate)
      throws InvalidSubmissionException {
    Optional<ModelConfig> model = catalog.find(modelId);
    if (model.isEmpty()) {
      return;
    }
    check(model.get().limits(), "model " + modelId, field, estimate);
    Optional<Account> account = model.get().account().flatMap(catalog::account);
    if (account.isPresent()) {
      check(account.get().limits(), "account " + account.get().id(), field, estimate);
    }
  }

  private static void check(RateLimits limits, String whose, String field, TokenEstimate estimate)
      throws InvalidSubmissionException {
    check(limits.inputTokensPerMinute(), "input tokens", whose, field, estimate.inputTokens());
    check(limits.outputTokensPerMinute(), "output tokens", whose, field, estimate.outputTokens());
    check(limits.tokensPerMinute(), "tokens", whose, field, estimate.total());
  }

  private static void check(long limit, String what, String whose, String field, long estimate)
      throws InvalidSubmissionException {
    if (estimate > limit) {
      throw new InvalidSubmissionException(
          "too_many_tokens",
          field,
          String.format(
              Locale.ROOT,
              "The request may use about %,d %s; the limit of %s is %,d a minute.",
              estimate,
              what,
              whose,
              limit));
    }
  }
}

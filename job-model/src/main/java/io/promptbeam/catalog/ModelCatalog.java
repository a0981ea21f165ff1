package io.promptbeam.catalog;

import io.promptbeam.job.Owner;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** What models.yaml says: models, in its order, accounts and owners. Immutable. */
public final class ModelCatalog {
  private final Map<String, ModelConfig> byId;
  private final Map<String, Account> accounts;
  private final Map<String, OwnerPolicy> owners;
  private final OwnerPolicy everybodyElse;
  private final Instant configuredAt;

  public ModelCatalog(List<ModelConfig> models) {
    this(models, List.of(), Map.of(), OwnerPolicy.DEFAULT, Instant.EPOCH);
  }

  /**
   * A catalog of everything.
   *
   * @param owners by name
   * @param everybodyElse for owners that have no policy of their own
   * @param configuredAt when it was written: of two catalogs that differ, the later one is meant
   */
  public ModelCatalog(
      List<ModelConfig> models,
      List<Account> accounts,
      Map<String, OwnerPolicy> owners,
      OwnerPolicy everybodyElse,
      Instant configuredAt) {
    this.byId = byId(models, ModelConfig::id);
    this.accounts = byId(accounts, Account::id);
    this.owners = Map.copyOf(owners);
    this.everybodyElse = everybodyElse;
    this.configuredAt = configuredAt;
  }

  private static <T> Map<String, T> byId(List<T> entries, Function<T, String> id) {
    var map = new LinkedHashMap<String, T>();
    for (T entry : entries) {
      if (map.put(id.apply(entry), entry) != null) {
        throw new IllegalArgumentException("two entries have the id " + id.apply(entry));
      }
    }
    return map;
  }

  public Optional<ModelConfig> find(String id) {
    return Optional.ofNullable(byId.get(id));
  }

  public List<ModelConfig> models() {
    return List.copyOf(byId.values());
  }

  public Optional<Account> account(String id) {
    return Optional.ofNullable(accounts.get(id));
  }

  public List<Account> accounts() {
    return List.copyOf(accounts.values());
  }

  /** What {@code owner} may have. */
  public OwnerPolicy owner(Owner owner) {
    return owners.getOrDefault(owner.name(), everybodyElse);
  }

  /** Whether anybody is told of what has ended. */
  public boolean hasWebhooks() {
    return everybodyElse.webhook().isPresent()
        || owners.values().stream().anyMatch(policy -> policy.webhook().isPresent());
  }

  public Instant configuredAt() {
    return configuredAt;
  }

  /** The same, written at another time. */
  public ModelCatalog configuredAt(Instant time) {
    return new ModelCatalog(models(), accounts(), owners, everybodyElse, time);
  }
}

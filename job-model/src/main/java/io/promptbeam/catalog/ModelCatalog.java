package io.promptbeam.catalog;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The configured models, in the order of models.yaml. Immutable. */
public final class ModelCatalog {
  private final Map<String, ModelConfig> byId;

  public ModelCatalog(List<ModelConfig> models) {
    var map = new LinkedHashMap<String, ModelConfig>();
    for (ModelConfig model : models) {
      if (map.put(model.id(), model) != null) {
        throw new IllegalArgumentException("two models have the id " + model.id());
      }
    }
    byId = map;
  }

  public Optional<ModelConfig> find(String id) {
    return Optional.ofNullable(byId.get(id));
  }

  public List<ModelConfig> models() {
    return List.copyOf(byId.values());
  }
}

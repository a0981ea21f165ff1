package io.promptbeam.pipeline.engine;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Route.Hop;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The models that may answer one job, in order: its own, then that model's fallbacks. Pure.
 *
 * @param models those that take its request
 * @param passedOver fallbacks that do not, and why
 * @param hopeless models that would refuse it again
 */
record FallbackChain(List<ModelConfig> models, List<Hop> passedOver, Set<String> hopeless) {
  /** What the same model would say to the same request again, at least today. */
  private static final Set<String> HOPELESS =
      Set.of(ErrorCodes.CONTEXT_LENGTH, ErrorCodes.QUOTA_EXHAUSTED);

  /** Whether a call that failed with {@code errorCode} says that the model cannot serve the job. */
  static boolean isHopeless(String errorCode) {
    return HOPELESS.contains(errorCode);
  }

  /**
   * The chain of a job that was read with its request.
   *
   * @param own the model it names
   */
  static FallbackChain of(Job job, ModelConfig own, ModelCatalog catalog) {
    List<ModelConfig> models = new ArrayList<>();
    List<Hop> passedOver = new ArrayList<>();
    boolean isNative = job.request().filter(LlmRequest.Native.class::isInstance).isPresent();
    models.add(own);
    for (String id : own.fallbacks()) {
      Optional<ModelConfig> model = catalog.find(id);
      if (model.isEmpty()) {
        passedOver.add(new Hop(id, Hop.NOT_CONFIGURED));
      } else if (isNative && form(model.get()) != form(own)) {
        passedOver.add(new Hop(id, Hop.OTHER_PROVIDER));
      } else {
        models.add(model.get());
      }
    }
    Set<String> hopeless = new HashSet<>();
    job.run().calls().stream()
        .filter(call -> call.errorCode().filter(FallbackChain::isHopeless).isPresent())
        .forEach(call -> hopeless.add(call.modelId()));
    return new FallbackChain(List.copyOf(models), List.copyOf(passedOver), Set.copyOf(hopeless));
  }

  /** The simulated provider speaks OpenAI's protocol. */
  private static ProviderKind form(ModelConfig model) {
    return model.provider() == ProviderKind.SIMULATED ? ProviderKind.OPENAI : model.provider();
  }

  /** Where the row says the job is to be called; its own model when that is not to be had. */
  ModelConfig dueAt(Optional<String> routed) {
    return routed.flatMap(this::find).orElse(models.get(0));
  }

  Optional<ModelConfig> find(String modelId) {
    return models.stream().filter(model -> model.id().equals(modelId)).findFirst();
  }

  /** Whether a call of it may help. */
  boolean allows(String modelId) {
    return find(modelId).isPresent() && !hopeless.contains(modelId);
  }

  /**
   * The next one to ask after {@code modelId}.
   *
   * @param failing models that are not to be asked now
   */
  Optional<String> after(String modelId, Predicate<String> failing) {
    return models.stream()
        .map(ModelConfig::id)
        .dropWhile(id -> !id.equals(modelId))
        .skip(1)
        .filter(id -> allows(id) && !failing.test(id))
        .findFirst();
  }

  /** Where the chain begins anew. */
  Optional<String> first(Predicate<String> excluded) {
    return models.stream()
        .map(ModelConfig::id)
        .filter(id -> allows(id) && !excluded.test(id))
        .findFirst();
  }
}

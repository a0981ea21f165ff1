package io.promptbeam.pipeline.engine;

import io.promptbeam.job.ErrorCodes;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * An engine's figures since it started, all models together; {@link EngineFigures} says more.
 *
 * @param waiting jobs offered that are not being attempted
 * @param inFlight calls sent and not answered
 * @param calls sent
 * @param throttled calls the provider answered with "too many"
 * @param ended jobs this worker recorded as ended
 * @param breakersOpen models that are called by probes only, because their provider fails
 */
public record EngineStats(
    long waiting, long inFlight, long calls, long throttled, long ended, long breakersOpen) {
  static EngineStats of(List<ModelFigures> models) {
    return new EngineStats(
        sum(models, ModelFigures::waitingInAll),
        sum(models, ModelFigures::callsInFlight),
        sum(models, ModelFigures::callsStarted),
        sum(models, model -> model.callsEnded(ErrorCodes.RATE_LIMITED)),
        sum(models, ModelFigures::jobsEndedInAll),
        models.stream().filter(ModelFigures::breakerOpen).count());
  }

  private static long sum(List<ModelFigures> models, ToLongFunction<ModelFigures> figure) {
    return models.stream().mapToLong(figure).sum();
  }
}

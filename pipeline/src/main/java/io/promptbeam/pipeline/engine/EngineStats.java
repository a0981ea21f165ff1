package io.promptbeam.pipeline.engine;

/**
 * An engine's figures since it started.
 *
 * @param waiting jobs offered and not begun
 * @param inFlight calls sent and not answered
 * @param calls sent
 * @param throttled calls the provider answered with "too many"
 * @param ended jobs this engine recorded as ended
 * @param breakersOpen models that are called by probes only, because their provider fails
 */
public record EngineStats(
    long waiting, long inFlight, long calls, long throttled, long ended, long breakersOpen) {}

package io.promptbeam.pipeline.engine;

import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.job.Job;

/**
 * A job that this attempt holds.
 *
 * @param job as it was claimed
 * @param token under which it is held
 * @param model to call
 * @param chain the model is of
 */
record Claimed(Job job, String token, ModelConfig model, FallbackChain chain) {}

package io.promptbeam.submit;

import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;

/** A job that passed every check and is not stored yet. */
public record Submission(JobSpec spec, LlmRequest request) {}

package io.promptbeam.api.jobs;

import io.promptbeam.job.JobId;

/** Where the polling API is. */
final class JobPaths {
  static final String SUBMIT = "/api/llm/jobs/submit";
  static final String TRAINER_ANALYSIS = "/api/llm/trainer-analysis";
  static final String JOBS = "/api/llm/jobs";
  static final String JOB = "/api/llm/jobs/:job_id";
  static final String STATUS = JOB + "/status";
  static final String RESULT = JOB + "/result";
  static final String CANCEL = JOB + "/cancel";
  static final String RETRY = JOB + "/retry";
  static final String MODELS = "/api/llm/models";

  private JobPaths() {}

  static String status(JobId id) {
    return JOBS + "/" + id + "/status/";
  }

  static String result(JobId id) {
    return JOBS + "/" + id + "/result/";
  }
}

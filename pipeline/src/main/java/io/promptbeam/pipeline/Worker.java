package io.promptbeam.pipeline;

import io.promptbeam.pipeline.engine.CallEngine;
import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.store.JobStore;
import java.io.Serializable;

/** What the DoFns of one worker process share. Thread-safe. */
public interface Worker extends AutoCloseable {
  JobStore store();

  LlmClients clients();

  CallEngine engine();

  @Override
  void close();

  /** Opens a worker where the pipeline runs; travels with the pipeline, so it carries no secret. */
  interface Factory extends Serializable {
    /** Factories with the same key share one worker in a process. */
    String key();

    Worker open();
  }
}

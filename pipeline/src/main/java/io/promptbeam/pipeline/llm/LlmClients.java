package io.promptbeam.pipeline.llm;

import io.promptbeam.catalog.ModelCatalog;

/** The clients of all models of one worker. */
public interface LlmClients extends AutoCloseable {
  ModelCatalog catalog();

  /**
   * The client of a model of the catalog.
   *
   * @throws IllegalArgumentException when the catalog has no such model
   */
  LlmClient client(String modelId);

  @Override
  void close();
}

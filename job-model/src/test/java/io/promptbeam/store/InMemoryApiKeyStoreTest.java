package io.promptbeam.store;

class InMemoryApiKeyStoreTest extends ApiKeyStoreContract {
  private final JobStore store = new InMemoryJobStore();

  @Override
  JobStore open() {
    return store;
  }
}

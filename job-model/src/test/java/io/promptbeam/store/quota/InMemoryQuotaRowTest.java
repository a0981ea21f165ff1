package io.promptbeam.store.quota;

class InMemoryQuotaRowTest extends QuotaRowContract {
  @Override
  QuotaRow open(String quotaId) {
    return new InMemoryQuotaRow(() -> System.currentTimeMillis() * 1_000);
  }
}

package io.promptbeam.store.quota;

/** Where quotas are shared. */
public interface QuotaRows {
  /**
   * The row of a quota; need not exist yet.
   *
   * @param quotaId {@code model:ID} or {@code account:NAME}
   */
  QuotaRow row(String quotaId);
}

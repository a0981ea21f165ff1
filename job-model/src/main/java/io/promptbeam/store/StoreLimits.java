package io.promptbeam.store;

import io.promptbeam.job.LlmRequest;

/** What every store refuses, at once and with {@link IllegalArgumentException}. */
final class StoreLimits {
  static final int MAX_PAGE_SIZE = 100;

  private StoreLimits() {}

  static byte[] encodeRequest(LlmRequest request) {
    byte[] json = JobJson.encode(request);
    if (json.length > JobStore.MAX_REQUEST_BYTES) {
      throw new IllegalArgumentException(
          "request has " + json.length + " bytes, at most " + JobStore.MAX_REQUEST_BYTES);
    }
    return json;
  }

  static void checkResult(byte[] result) {
    if (result.length > JobStore.MAX_RESULT_BYTES) {
      throw new IllegalArgumentException(
          "result has " + result.length + " bytes, at most " + JobStore.MAX_RESULT_BYTES);
    }
  }

  static void checkPageSize(int pageSize) {
    if (pageSize < 1 || pageSize > MAX_PAGE_SIZE) {
      throw new IllegalArgumentException("page size must be 1 to " + MAX_PAGE_SIZE);
    }
  }
}

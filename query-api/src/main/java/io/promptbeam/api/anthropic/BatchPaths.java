package io.promptbeam.api.anthropic;

import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.ProblemException;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;

/** Where batches are, and which one a request is about. */
final class BatchPaths {
  static final String ALL = "/v1/messages/batches";
  static final String ONE = ALL + "/:batch_id";
  static final String CANCEL = ONE + "/cancel";
  static final String RESULTS = ONE + "/results";

  private BatchPaths() {}

  static String results(BatchId id) {
    return ALL + "/" + id.text(BatchProtocol.ANTHROPIC) + "/results";
  }

  static BatchId idIn(ApiRequest request) {
    return BatchId.parse(request.pathValue("batch_id"), BatchProtocol.ANTHROPIC)
        .orElseThrow(BatchPaths::unknown);
  }

  /** The same, whether it never was, is gone, or is somebody else's. */
  static ProblemException unknown() {
    return Problem.of(404, "not_found", "Not found", "There is no message batch with this id.")
        .asException();
  }
}

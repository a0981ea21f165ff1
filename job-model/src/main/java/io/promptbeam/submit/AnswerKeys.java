package io.promptbeam.submit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Sha256;
import io.promptbeam.store.AnswerKey;
import io.promptbeam.store.JobJson;
import java.util.Optional;

/** Tells which requests are the same: equal JSON, in whatever order its fields come. */
public final class AnswerKeys {
  private AnswerKeys() {}

  /**
   * Empty for a job that did not ask to be answered from an earlier answer, or whose request cannot
   * be compared.
   *
   * <p>Stored: do not change.
   */
  public static Optional<AnswerKey> of(JobSpec spec, LlmRequest request) {
    if (spec.options().cacheMaxAge().isEmpty()) {
      return Optional.empty();
    }
    try {
      ObjectNode all = StrictJson.object();
      all.put("model", spec.modelId());
      all.set("request", StrictJson.read(JobJson.encode(request)));
      spec.options().outputSchema().ifPresent(schema -> all.set("output_schema", schema));
      return Optional.of(
          new AnswerKey(
              Sha256.hex(StrictJson.utf8(spec.owner().name())),
              Sha256.hex(StrictJson.canonical(all))));
    } catch (MalformedJsonException e) {
      return Optional.empty();
    }
  }
}

package io.promptbeam.submit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.store.AnswerKey;
import io.promptbeam.store.JobJson;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
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
              sha256(StrictJson.utf8(spec.owner().name())), sha256(StrictJson.canonical(all))));
    } catch (MalformedJsonException e) {
      return Optional.empty();
    }
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}

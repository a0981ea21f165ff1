package io.promptbeam.templates.submit;

import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.job.Owner;
import io.promptbeam.submit.CompletionWindow;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What is made of the rows, and for whom. Workers read it from the options, as the launch does.
 *
 * @param id decides on the batch's id
 * @param endpoint of its lines
 * @param onlyEstimated whether nothing is made
 * @param rejectsKept whether rows that cannot be used are written somewhere, and passed over
 */
record Submission(
    String id,
    Owner owner,
    String endpoint,
    CompletionWindow window,
    TreeMap<String, String> metadata,
    boolean onlyEstimated,
    boolean rejectsKept) {
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1,128}");
  private static final int MAX_PAIRS = 16;
  private static final int MAX_KEY_CHARS = 64;
  private static final int MAX_VALUE_CHARS = 512;

  static Submission of(SubmitFileOptions options) {
    String id = RowMapping.given(options.getSubmissionId()).orElse("");
    if (!ID.matcher(id).matches()) {
      throw new IllegalArgumentException(
          "--submissionId must be 1 to 128 letters, digits or . _ -, not '" + id + "'");
    }
    String window = options.getCompletionWindow();
    return new Submission(
        id,
        new Owner(options.getOwner()),
        RequestForm.of(options.getEndpoint()).endpoint(),
        CompletionWindow.parse(window)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "--completionWindow must be " + CompletionWindow.FORM)),
        metadata(RowMapping.given(options.getMetadata())),
        options.getDryRun(),
        RowMapping.given(options.getRejectsOutput()).isPresent());
  }

  private static TreeMap<String, String> metadata(Optional<String> json) {
    TreeMap<String, String> metadata = new TreeMap<>();
    for (var pair : RowMapping.object("metadata", json).properties()) {
      String key = pair.getKey();
      String value = pair.getValue().asText();
      boolean usable =
          pair.getValue().isTextual()
              && !key.isEmpty()
              && key.codePointCount(0, key.length()) <= MAX_KEY_CHARS
              && value.codePointCount(0, value.length()) <= MAX_VALUE_CHARS;
      if (!usable || metadata.size() == MAX_PAIRS) {
        throw new IllegalArgumentException(
            "--metadata must be a JSON object of at most 16 texts, keys of at most 64 characters"
                + " and values of at most 512");
      }
      metadata.put(key, value);
    }
    return metadata;
  }

  /** The same for every launch of the submission. Stored: do not change. */
  BatchId batchId() {
    return BatchId.forIdempotencyKey(owner, "submit-file/" + id);
  }

  /** As callers of the service know it. */
  String batchText() {
    return batchId().text(BatchProtocol.OPENAI);
  }

  /** All that a batch is besides its lines, for telling it from another. Stored: do not change. */
  String terms() {
    return String.join("\0", endpoint, window.text(), metadata.toString());
  }
}

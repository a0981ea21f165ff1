package io.promptbeam.templates.submit;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.promptbeam.batch.FileId;
import io.promptbeam.batch.ModelLoad;
import io.promptbeam.job.Sha256;
import io.promptbeam.submit.BatchValidation;
import java.io.Serializable;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.TreeMap;

/**
 * What the pieces come to together, and where each of them goes. Pure.
 *
 * @param fileHex the id of the batch's file, made of its content: attempts that differ cannot mix
 * @param requestHash what the batch is told from another by
 * @param firstChunks where pieces begin, by their SHA-256
 */
record BatchPlan(
    String fileHex,
    String requestHash,
    HashMap<String, Integer> firstChunks,
    int chunks,
    int lines,
    long bytes,
    TreeMap<String, ModelLoad> loads,
    RejectTally rejects,
    Instant madeAt)
    implements Serializable {
  /** As the service takes in one file. */
  static final long MAX_BYTES = 2L << 30;

  private static final int ID_CHARS = 24;

  static BatchPlan of(
      Submission submission, Iterable<Piece> pieces, RejectTally rejects, Instant now) {
    List<Piece> sorted = new ArrayList<>();
    pieces.forEach(sorted::add);
    sorted.sort(Piece.ORDER);
    StringBuilder digests = new StringBuilder();
    HashMap<String, Integer> firstChunks = new HashMap<>();
    TreeMap<String, ModelLoad> loads = new TreeMap<>();
    BigInteger content = BigInteger.ZERO;
    int chunks = 0;
    long lines = 0;
    long bytes = 0;
    for (Piece piece : sorted) {
      digests.append(piece.sha256());
      firstChunks.put(piece.sha256(), chunks);
      chunks += piece.chunks();
      lines += piece.lines();
      bytes += piece.bytes();
      content = Piece.sum(content, piece.content());
      piece.loads().forEach((model, load) -> loads.merge(model, load, ModelLoad::plus));
    }
    requireUsable(submission, lines, bytes, rejects);
    return new BatchPlan(
        hash("file", submission, digests.toString()).substring(0, ID_CHARS),
        hash("request", submission, submission.terms() + "\0" + content.toString(16)),
        firstChunks,
        chunks,
        (int) lines,
        bytes,
        loads,
        rejects,
        now);
  }

  private static void requireUsable(
      Submission submission, long lines, long bytes, RejectTally rejects) {
    if (lines > BatchValidation.MAX_LINES || bytes > MAX_BYTES) {
      throw new IllegalArgumentException(
          "a batch has at most "
              + BatchValidation.MAX_LINES
              + " lines and "
              + MAX_BYTES
              + " bytes; these are "
              + lines
              + " and "
              + bytes
              + ". Submit the input in parts; nothing was made.");
    }
    if (submission.onlyEstimated()) {
      return;
    }
    if (rejects.count() > 0 && !submission.rejectsKept()) {
      throw new IllegalArgumentException(
          rejects.text()
              + " Nothing was made. Mend them, or give --rejectsOutput to submit the other "
              + lines
              + ".");
    }
    if (lines == 0) {
      throw new IllegalArgumentException(
          rejects.count() == 0
              ? "there are no rows; nothing was made"
              : rejects.text() + " No other rows are left; nothing was made.");
    }
  }

  private static String hash(String of, Submission submission, String content) {
    String name =
        String.join(
            "\0",
            "promptbeam/submit-file",
            of,
            submission.owner().name(),
            submission.id(),
            content);
    return Sha256.hex(name.getBytes(UTF_8));
  }

  FileId file() {
    return new FileId(fileHex);
  }
}

package io.promptbeam.api.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.LineProblem;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.store.FileLines;
import io.promptbeam.store.FileStore;
import io.promptbeam.submit.MalformedJsonException;
import io.promptbeam.submit.StrictJson;
import java.io.IOException;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The results of a batch none of whose requests ran because some were found bad after its creation:
 * it has no rows of lines, so they are made of its file. Blocks.
 */
final class RefusedLines {
  private static final String INVALID = "invalid_request_error";

  private final Batch batch;
  private final Map<Integer, String> messages = new HashMap<>();

  RefusedLines(Batch batch) {
    this.batch = batch;
    for (LineProblem problem : batch.run().problems()) {
      messages.putIfAbsent(problem.line(), problem.message());
    }
  }

  void write(FileStore store, StoredFile file, OutputStream out) throws IOException {
    FileLines lines = new FileLines(store, file);
    int number = 0;
    for (Optional<FileLines.Line> line = lines.next(); line.isPresent(); line = lines.next()) {
      BatchLine request = new BatchLine(batch.spec().id(), number++);
      String customId = line.get().bytes().map(RefusedLines::customId).orElse("");
      ResultLine.writeError(customId, INVALID, message(line.get().number()), request.jobId(), out);
    }
  }

  private String message(int line) {
    String ofAll =
        messages.getOrDefault(
            0,
            "Not run, because "
                + batch.run().problemCount()
                + " of the batch's requests are not valid.");
    return messages.getOrDefault(line, ofAll);
  }

  private static String customId(byte[] line) {
    try {
      JsonNode json = StrictJson.read(line);
      return json.path("custom_id").asText();
    } catch (MalformedJsonException e) {
      return "";
    }
  }
}

package io.promptbeam.api.batches;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.BatchStatus;
import io.promptbeam.batch.Cut;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobState;
import io.promptbeam.store.BatchStore;
import io.promptbeam.store.FileLines;
import io.promptbeam.store.FileUpload;
import io.promptbeam.store.StoreUnavailableException;
import io.promptbeam.submit.MalformedJsonException;
import io.promptbeam.submit.StrictJson;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;

/**
 * Copies those lines of a batch's file that are to be run again, as it is read. Segments that hold
 * no such line by their tally are not read. Blocks; fails with {@link StoreUnavailableException}.
 */
final class RetryFile {
  private static final byte[] LINE_END = {'\n'};

  private final BatchStore store;
  private final BatchProgress progress;
  private final RetryRequest wanted;
  private final String bodyField;
  private Map<Integer, JobState> states = Map.of();
  private int segmentOfStates = -1;

  RetryFile(BatchStore store, BatchProgress progress, RetryRequest wanted, String bodyField) {
    this.store = store;
    this.progress = progress;
    this.wanted = wanted;
    this.bodyField = bodyField;
  }

  /** How many lines it came to; the upload is closed then. */
  int write(FileLines file, FileUpload upload) {
    int written = 0;
    int number = 0;
    for (var line = file.next(); line.isPresent(); line = file.next()) {
      if (isWanted(number++) && line.get().bytes().isPresent()) {
        byte[] bytes = withoutMark(line.get().bytes().get());
        byte[] changed = wanted.changes() ? changed(bytes) : bytes;
        upload.write(changed, 0, changed.length);
        upload.write(LINE_END, 0, LINE_END.length);
        written++;
      }
    }
    upload.close();
    return written;
  }

  private boolean isWanted(int number) {
    int segment = number / BatchLine.PER_SEGMENT;
    if (segment != segmentOfStates) {
      states = read(segment);
      segmentOfStates = segment;
    }
    JobState state = states.get(number);
    return state != null ? wanted.statuses().contains(state) : isWantedWithoutRow(segment);
  }

  /** Its batch was cut before the line was written. */
  private boolean isWantedWithoutRow(int segment) {
    Optional<Cut> cut = progress.batch().cut();
    return cut.isPresent()
        && progress.isUntouched(segment)
        && wanted.statuses().contains(stateOf(cut.get()));
  }

  private static JobState stateOf(Cut cut) {
    return cut.kind().status() == BatchStatus.CANCELLED ? JobState.CANCELLED : JobState.EXPIRED;
  }

  private Map<Integer, JobState> read(int segment) {
    BatchId id = progress.batch().spec().id();
    Map<Integer, JobState> found = new HashMap<>();
    boolean any = wanted.statuses().stream().anyMatch(state -> progress.mayHold(segment, state));
    if (any) {
      try {
        for (Job row : store.lines(id, segment, Set.of()).join()) {
          int number = BatchLine.of(row.spec().id()).orElseThrow().number();
          found.put(number, progress.asItStands(row).run().state());
        }
      } catch (CompletionException e) {
        throw e.getCause() instanceof StoreUnavailableException cause ? cause : e;
      }
    }
    return found;
  }

  private byte[] changed(byte[] line) {
    try {
      if (StrictJson.read(line) instanceof ObjectNode object
          && object.path(bodyField) instanceof ObjectNode body) {
        wanted.applyTo(body);
        return StrictJson.write(object);
      }
    } catch (MalformedJsonException e) {
      // It was good when it was checked; what it is now is said when it is checked again.
    }
    return line;
  }

  /** Only a file's first line may have one. */
  private static byte[] withoutMark(byte[] line) {
    boolean marked =
        line.length >= 3
            && line[0] == (byte) 0xEF
            && line[1] == (byte) 0xBB
            && line[2] == (byte) 0xBF;
    return marked ? Arrays.copyOfRange(line, 3, line.length) : line;
  }
}

package io.promptbeam.api.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.batches.BatchReader;
import io.promptbeam.api.batches.BatchState;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.job.Owner;
import io.promptbeam.store.BatchStore;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** The files that an owner's batches make, by the batches' order. Thread-safe, never blocks. */
final class OutputList {
  /** Whose files are listed: the newest. */
  private static final int MAX_BATCHES = 1_000;

  private final Supplier<BatchStore> batches;
  private final BatchReader reader;
  private final Clock clock;

  OutputList(Supplier<BatchStore> batches, BatchReader reader, Clock clock) {
    this.clock = clock;
    this.batches = batches;
    this.reader = reader;
  }

  CompletableFuture<ApiResponse> page(
      Owner owner, boolean newestFirst, Optional<String> after, int limit) {
    Optional<OutputId> last = after.flatMap(OutputId::parse);
    return batches
        .get()
        .list(owner, BatchProtocol.OPENAI, Optional.<BatchId>empty(), MAX_BATCHES)
        .thenCompose(reader::read)
        .thenApply(
            states -> {
              List<ObjectNode> found = files(states, clock.instant());
              if (!newestFirst) {
                Collections.reverse(found);
              }
              List<ObjectNode> rest = after.isPresent() ? after(found, last) : found;
              return Answers.list(
                  rest.subList(0, Math.min(limit, rest.size())), rest.size() > limit);
            });
  }

  private static List<ObjectNode> files(List<BatchState> states, Instant now) {
    List<ObjectNode> files = new ArrayList<>();
    for (BatchState state : states) {
      for (OutputId.Kind kind : OutputId.Kind.values()) {
        if (OutputFiles.exists(state, kind) && !OutputFiles.isExpired(state, now)) {
          files.add(FileViews.json(new OutputId(state.batch().spec().id(), kind), state, 0));
        }
      }
    }
    return files;
  }

  private static List<ObjectNode> after(List<ObjectNode> files, Optional<OutputId> last) {
    String id = last.map(OutputId::toString).orElse("");
    for (int i = 0; i < files.size(); i++) {
      if (files.get(i).path("id").asText().equals(id)) {
        return files.subList(i + 1, files.size());
      }
    }
    return List.of();
  }
}

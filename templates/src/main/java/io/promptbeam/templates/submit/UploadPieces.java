package io.promptbeam.templates.submit;

import io.promptbeam.batch.Batch;
import io.promptbeam.store.FileStore;
import io.promptbeam.store.JobStore;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;
import org.jspecify.annotations.Nullable;

/**
 * Stores the file's pieces, by as many workers as there are. Where a piece goes is decided by its
 * content, so that an attempt that comes again, or late, writes what is there already. Gives the
 * number of chunks of each piece.
 */
final class UploadPieces extends PTransform<PCollection<KV<Piece, byte[]>>, PCollection<Integer>> {
  private static final long serialVersionUID = 1L;

  private final PCollectionView<BatchPlan> plan;

  UploadPieces(PCollectionView<BatchPlan> plan) {
    this.plan = plan;
  }

  @Override
  public PCollection<Integer> expand(PCollection<KV<Piece, byte[]>> pieces) {
    return pieces.apply("Upload", ParDo.of(new UploadFn(plan)).withSideInput("plan", plan));
  }

  static final class UploadFn extends DoFn<KV<Piece, byte[]>, Integer> {
    private static final long serialVersionUID = 1L;
    private static final int ON_THEIR_WAY = 4;

    private final Counter uploaded = Metrics.counter("submit", "bytes_uploaded");
    private final PCollectionView<BatchPlan> plan;
    private final Deque<CompletableFuture<Void>> writing = new ArrayDeque<>();
    private transient @Nullable JobStore store;
    private boolean needless;

    UploadFn(PCollectionView<BatchPlan> plan) {
      this.plan = plan;
    }

    @Setup
    public void setup(PipelineOptions options) {
      SubmitFileOptions own = options.as(SubmitFileOptions.class);
      store = Backends.store(own);
      // The file of a batch that is there may have been deleted, and is not to come back.
      Optional<Batch> made = Backends.await(store.batches().read(Submission.of(own).batchId()));
      needless = made.isPresent();
    }

    @ProcessElement
    public void process(ProcessContext context) {
      if (store == null) {
        throw new IllegalStateException("called before setup");
      }
      Piece piece = context.element().getKey();
      byte[] bytes = context.element().getValue();
      BatchPlan all = context.sideInput(plan);
      Integer first = all.firstChunks().get(piece.sha256());
      if (first == null) {
        throw new IllegalStateException("a piece is not in the plan");
      }
      for (int i = 0; i < piece.chunks() && !needless; i++) {
        if (writing.size() == ON_THEIR_WAY) {
          Backends.await(writing.remove());
        }
        int from = i * FileStore.MAX_CHUNK_BYTES;
        byte[] chunk =
            Arrays.copyOfRange(
                bytes, from, Math.min(bytes.length, from + FileStore.MAX_CHUNK_BYTES));
        writing.add(store.files().putChunk(all.file(), first + i, chunk));
        uploaded.inc(chunk.length);
      }
      context.output(piece.chunks());
    }

    @FinishBundle
    public void finishBundle() {
      while (!writing.isEmpty()) {
        Backends.await(writing.remove());
      }
    }

    @Teardown
    public void teardown() {
      if (store != null) {
        store.close();
      }
    }
  }
}

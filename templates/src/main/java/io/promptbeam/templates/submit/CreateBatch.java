package io.promptbeam.templates.submit;

import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.store.BatchStore;
import io.promptbeam.store.JobStore;
import io.promptbeam.submit.BatchCreation;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Sum;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the batch of its file, once all of that is stored, and tells of it. Comes to the same batch
 * however often it is done.
 */
final class CreateBatch extends PTransform<PCollection<Integer>, PCollection<String>> {
  private static final long serialVersionUID = 1L;

  private final PCollectionView<BatchPlan> plan;

  CreateBatch(PCollectionView<BatchPlan> plan) {
    this.plan = plan;
  }

  @Override
  public PCollection<String> expand(PCollection<Integer> chunks) {
    return chunks
        .apply("CountChunks", Sum.integersGlobally())
        .apply("Create", ParDo.of(new CreateFn(plan)).withSideInput("plan", plan));
  }

  /** Without Beam. */
  static final class Creation {
    private static final Duration PUBLISH_WAIT = Duration.ofSeconds(30);

    private final Submission submission;
    private final JobStore store;
    private final JobPublisher publisher;

    Creation(Submission submission, JobStore store, JobPublisher publisher) {
      this.submission = submission;
      this.store = store;
      this.publisher = publisher;
    }

    /**
     * The batch that stands under the submission's id then.
     *
     * @throws IllegalStateException if that is of other rows, or was deleted
     */
    BatchStore.Creation create(BatchPlan plan, int chunks, Instant now) {
      BatchId id = submission.batchId();
      Optional<Batch> made = Backends.await(store.batches().read(id));
      if (made.isEmpty()) {
        if (Backends.await(store.batches().isDeleted(id))) {
          throw deleted();
        }
        if (chunks != plan.chunks()) {
          throw new IllegalStateException("the file's pieces are not all stored");
        }
        Backends.await(store.files().complete(file(plan)));
      }
      BatchStore.Creation creation =
          Backends.await(
              new BatchCreation(store::batches, publisher, PUBLISH_WAIT)
                  .create(made.map(Batch::spec).orElseGet(() -> spec(plan, now))));
      if (creation.isDeleted()) {
        throw deleted();
      }
      BatchSpec stands = creation.batch().spec();
      if (!stands.requestHash().equals(Optional.of(plan.requestHash()))) {
        if (made.isEmpty() && !stands.input().equals(plan.file())) {
          Backends.await(store.files().delete(file(plan)));
        }
        throw new IllegalStateException(
            "submission "
                + submission.id()
                + " made "
                + submission.batchText()
                + " of other rows or with other options before; give another --submissionId to"
                + " make a batch of these");
      }
      return creation;
    }

    private IllegalStateException deleted() {
      return new IllegalStateException(
          "the batch that submission "
              + submission.id()
              + " made was deleted; give another --submissionId for a new one");
    }

    private StoredFile file(BatchPlan plan) {
      return new StoredFile(
          plan.file(),
          submission.owner(),
          submission.id() + ".jsonl",
          "batch",
          plan.bytes(),
          plan.chunks(),
          true,
          plan.madeAt(),
          Optional.empty());
    }

    private BatchSpec spec(BatchPlan plan, Instant now) {
      return new BatchSpec(
          submission.batchId(),
          submission.owner(),
          BatchProtocol.OPENAI,
          plan.file(),
          submission.endpoint(),
          submission.window().text(),
          submission.metadata(),
          now,
          now.plus(submission.window().length()),
          Optional.empty(),
          Optional.of(plan.requestHash()),
          Optional.empty());
    }
  }

  static final class CreateFn extends DoFn<Integer, String> {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(CreateBatch.class);

    private final PCollectionView<BatchPlan> plan;

    CreateFn(PCollectionView<BatchPlan> plan) {
      this.plan = plan;
    }

    @ProcessElement
    public void process(ProcessContext context) throws IOException {
      SubmitFileOptions options = context.getPipelineOptions().as(SubmitFileOptions.class);
      Submission submission = Submission.of(options);
      BatchPlan made = context.sideInput(plan);
      Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
      try (JobStore store = Backends.store(options);
          JobPublisher publisher = Backends.publisher(options)) {
        BatchStore.Creation creation =
            new Creation(submission, store, publisher).create(made, context.element(), now);
        Summary summary = new Summary(submission, made, Backends.models(options), now);
        LOG.info("{}", summary.created(creation));
        context.output(summary.json(Optional.of(creation)).toString());
      }
    }
  }
}

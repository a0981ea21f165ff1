package io.promptbeam.templates.submit;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;

/** Decides, once everything is read, on the batch's file. Nothing is written before. */
final class PlanBatch extends PTransform<PCollection<String>, PCollection<BatchPlan>> {
  private static final long serialVersionUID = 1L;

  private final PCollectionView<Iterable<Piece>> pieces;
  private final PCollectionView<RejectTally> rejects;

  PlanBatch(PCollectionView<Iterable<Piece>> pieces, PCollectionView<RejectTally> rejects) {
    this.pieces = pieces;
    this.rejects = rejects;
  }

  @Override
  public PCollection<BatchPlan> expand(PCollection<String> once) {
    return once.apply(
            "Plan",
            ParDo.of(new PlanFn(pieces, rejects))
                .withSideInput("pieces", pieces)
                .withSideInput("rejects", rejects))
        .setCoder(SerializableCoder.of(BatchPlan.class));
  }

  static final class PlanFn extends DoFn<String, BatchPlan> {
    private static final long serialVersionUID = 1L;

    private final Counter lines = Metrics.counter("submit", "lines");
    private final Counter rejected = Metrics.counter("submit", "rejects");
    private final PCollectionView<Iterable<Piece>> pieces;
    private final PCollectionView<RejectTally> rejects;

    PlanFn(PCollectionView<Iterable<Piece>> pieces, PCollectionView<RejectTally> rejects) {
      this.pieces = pieces;
      this.rejects = rejects;
    }

    @ProcessElement
    public void process(ProcessContext context) {
      Submission submission =
          Submission.of(context.getPipelineOptions().as(SubmitFileOptions.class));
      BatchPlan plan =
          BatchPlan.of(
              submission,
              context.sideInput(pieces),
              context.sideInput(rejects),
              Instant.now().truncatedTo(ChronoUnit.MILLIS));
      lines.inc(plan.lines());
      rejected.inc(plan.rejects().count());
      context.output(plan);
    }
  }
}

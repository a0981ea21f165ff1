package io.promptbeam.templates.submit;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.io.TextIO;
import org.apache.beam.sdk.io.gcp.bigquery.BigQueryServices;
import org.apache.beam.sdk.transforms.Combine;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.Keys;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.transforms.Wait;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** From rows to one batch of jobs, which the job pipeline works off. */
final class SubmitFilePipeline {
  private SubmitFilePipeline() {}

  static Pipeline build(SubmitFileOptions options) {
    return build(options, Optional.empty());
  }

  /**
   * Builds the pipeline, not started.
   *
   * @param bigQuery instead of Google's
   */
  static Pipeline build(SubmitFileOptions options, Optional<BigQueryServices> bigQuery) {
    Pipeline pipeline = Pipeline.create(options);
    Input input = Input.of(options);

    PCollection<InputRow> rows;
    PCollection<Reject> unreadable;
    if (input instanceof Input.Files files) {
      PCollectionTuple read = pipeline.apply("ReadRows", new ReadFiles(files.pattern()));
      rows = read.get(ReadFiles.ROWS);
      unreadable = read.get(ReadFiles.UNREADABLE);
    } else {
      var what = ((Input.BigQuery) input).what();
      rows = pipeline.apply("ReadRows", new ReadBigQuery(what, bigQuery));
      unreadable = pipeline.apply("NoneUnreadable", Create.empty(Reject.CODER));
    }

    PCollectionTuple mapped = rows.apply("MapRows", new MapRows());
    PCollectionTuple distinct =
        mapped.get(MapRows.LINES).apply("RejectRepeatedIds", new RejectRepeated());
    PCollection<KV<Piece, byte[]>> pieces =
        distinct.get(MapRows.LINES).apply("PackLines", new PackLines(input instanceof Input.Files));
    PCollection<Reject> rejects =
        PCollectionList.of(
                List.of(unreadable, mapped.get(MapRows.REJECTS), distinct.get(MapRows.REJECTS)))
            .apply("Rejects", Flatten.pCollections());

    PCollection<BatchPlan> plan =
        once(pipeline, options, rejects)
            .apply(
                "PlanBatch",
                new PlanBatch(
                    pieces.apply("Pieces", Keys.create()).apply("AllPieces", View.asIterable()),
                    rejects.apply(
                        "CountRejects",
                        Combine.globally(new RejectTally.Tally()).asSingletonView())));

    PCollection<String> summary;
    if (options.getDryRun()) {
      summary = plan.apply("Estimate", ParDo.of(new EstimateFn()));
    } else {
      var planned = plan.apply("ThePlan", View.asSingleton());
      summary =
          pieces
              .apply("UploadPieces", new UploadPieces(planned))
              .apply("CreateBatch", new CreateBatch(planned));
    }
    RowMapping.given(options.getSummaryOutput())
        .ifPresent(
            file -> summary.apply("WriteSummary", TextIO.write().to(file).withoutSharding()));
    return pipeline;
  }

  /** One element, once the rejected rows are written where they are to be found if this fails. */
  private static PCollection<String> once(
      Pipeline pipeline, SubmitFileOptions options, PCollection<Reject> rejects) {
    PCollection<String> once = pipeline.apply("Once", Create.of(""));
    Optional<String> file = RowMapping.given(options.getRejectsOutput());
    if (file.isEmpty()) {
      return once;
    }
    var written =
        rejects
            .apply("RejectLines", MapElements.into(TypeDescriptors.strings()).via(Reject::json))
            .apply(
                "WriteRejects",
                TextIO.write().to(file.get()).withoutSharding().withOutputFilenames());
    return once.apply("AwaitRejects", Wait.on(written.getPerDestinationOutputFilenames()));
  }

  static final class EstimateFn extends DoFn<BatchPlan, String> {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(SubmitFilePipeline.class);

    @ProcessElement
    public void process(ProcessContext context) {
      SubmitFileOptions options = context.getPipelineOptions().as(SubmitFileOptions.class);
      Summary summary =
          new Summary(
              Submission.of(options),
              context.element(),
              Backends.models(options),
              Instant.now().truncatedTo(ChronoUnit.MILLIS));
      LOG.info("{}", summary.estimated());
      context.output(summary.json(Optional.empty()).toString());
    }
  }
}

package io.promptbeam.templates.submit;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.FileId;
import io.promptbeam.batch.LineProblem;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.job.Owner;
import io.promptbeam.store.FileLines;
import io.promptbeam.submit.BatchLineParser;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;
import org.jspecify.annotations.Nullable;

/** Makes lines of rows, as far as the job pipeline would take them. */
final class MapRows extends PTransform<PCollection<InputRow>, PCollectionTuple> {
  private static final long serialVersionUID = 1L;

  static final TupleTag<PreparedLine> LINES = new TupleTag<>("lines") {};
  static final TupleTag<Reject> REJECTS = new TupleTag<>("rejects") {};

  @Override
  public PCollectionTuple expand(PCollection<InputRow> rows) {
    PCollectionTuple mapped =
        rows.apply("Map", ParDo.of(new MapFn()).withOutputTags(LINES, TupleTagList.of(REJECTS)));
    mapped.get(LINES).setCoder(new PreparedLineCoder());
    return mapped;
  }

  /** Of a row, its line or what is wrong with it. */
  static final class Mapping {
    private final RowMapper mapper;
    private final BatchLineParser parser;
    private final BatchSpec batch;

    Mapping(RowMapping mapping, ModelCatalog models) {
      mapper = new RowMapper(mapping);
      parser = new BatchLineParser(() -> models);
      // The parser asks a batch for its protocol and endpoint; the real one is not known yet.
      batch =
          new BatchSpec(
              BatchId.random(),
              Owner.LOCAL,
              BatchProtocol.OPENAI,
              FileId.random(),
              mapping.form().endpoint(),
              "",
              Map.of(),
              Instant.EPOCH,
              Instant.EPOCH,
              Optional.empty(),
              Optional.empty(),
              Optional.empty());
    }

    PreparedLine line(InputRow row) throws InvalidRowException {
      String json = mapper.line(row).toString();
      var parsed = parser.parse(batch, new FileLines.Line(2, Optional.of(json.getBytes(UTF_8))));
      if (parsed instanceof BatchLineParser.Parsed.Bad bad) {
        LineProblem problem = bad.problem();
        String where = problem.param().isEmpty() ? "" : problem.param() + ": ";
        throw new InvalidRowException(problem.code(), where + problem.message());
      }
      var good = (BatchLineParser.Parsed.Good) parsed;
      return new PreparedLine(
          row.source(),
          row.number(),
          good.customId(),
          json,
          good.modelId(),
          good.inputTokens(),
          good.outputTokens());
    }
  }

  static final class MapFn extends DoFn<InputRow, PreparedLine> {
    private static final long serialVersionUID = 1L;

    private transient @Nullable Mapping mapping;

    @Setup
    public void setup(PipelineOptions options) {
      SubmitFileOptions own = options.as(SubmitFileOptions.class);
      mapping = new Mapping(RowMapping.of(own), Backends.models(own));
    }

    @ProcessElement
    public void process(@Element InputRow row, MultiOutputReceiver out) {
      if (mapping == null) {
        throw new IllegalStateException("called before setup");
      }
      try {
        out.get(LINES).output(mapping.line(row));
      } catch (InvalidRowException e) {
        out.get(REJECTS).output(Reject.of(row, e.code(), e.reason()));
      }
    }
  }
}

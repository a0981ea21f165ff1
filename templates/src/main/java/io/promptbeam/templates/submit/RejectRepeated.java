package io.promptbeam.templates.submit;

import java.util.Map;
import org.apache.beam.sdk.transforms.Count;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Filter;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.PCollectionView;
import org.apache.beam.sdk.values.TupleTagList;
import org.apache.beam.sdk.values.TypeDescriptors;

/**
 * Takes out all lines that share their id with another: by it alone nobody could tell their results
 * apart, and which of them came first says nothing about which is meant.
 */
final class RejectRepeated extends PTransform<PCollection<PreparedLine>, PCollectionTuple> {
  private static final long serialVersionUID = 1L;

  @Override
  public PCollectionTuple expand(PCollection<PreparedLine> lines) {
    PCollectionView<Map<String, Long>> repeated =
        lines
            .apply("Ids", MapElements.into(TypeDescriptors.strings()).via(PreparedLine::customId))
            .apply("CountIds", Count.perElement())
            .apply("Repeated", Filter.by(count -> count.getValue() > 1))
            .apply("AsMap", View.asMap());
    PCollectionTuple kept =
        lines.apply(
            "Reject",
            ParDo.of(new RejectFn(repeated))
                .withSideInput("repeated", repeated)
                .withOutputTags(MapRows.LINES, TupleTagList.of(MapRows.REJECTS)));
    kept.get(MapRows.LINES).setCoder(new PreparedLineCoder());
    return kept;
  }

  static final class RejectFn extends DoFn<PreparedLine, PreparedLine> {
    private static final long serialVersionUID = 1L;

    private final PCollectionView<Map<String, Long>> repeated;

    RejectFn(PCollectionView<Map<String, Long>> repeated) {
      this.repeated = repeated;
    }

    @ProcessElement
    public void process(ProcessContext context) {
      PreparedLine line = context.element();
      Long times = context.sideInput(repeated).get(line.customId());
      if (times == null) {
        context.output(line);
      } else {
        context.output(
            MapRows.REJECTS,
            new Reject(
                InputRow.place(line.source(), line.number()),
                "duplicate_custom_id",
                "Its id is that of " + times + " rows.",
                line.json()));
      }
    }
  }
}

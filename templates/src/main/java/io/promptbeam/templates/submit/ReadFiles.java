package io.promptbeam.templates.submit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.util.Set;
import org.apache.beam.sdk.io.FileIO;
import org.apache.beam.sdk.io.fs.EmptyMatchTreatment;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;

/**
 * Reads rows of files. Each file is read by one worker from its beginning, since a row's number and
 * a quoted value over many lines can be told no other way; files are read side by side.
 */
final class ReadFiles extends PTransform<PBegin, PCollectionTuple> {
  private static final long serialVersionUID = 1L;

  static final TupleTag<InputRow> ROWS = new TupleTag<>("rows") {};
  static final TupleTag<Reject> UNREADABLE = new TupleTag<>("unreadable") {};

  private final String pattern;

  ReadFiles(String pattern) {
    this.pattern = pattern;
  }

  @Override
  public PCollectionTuple expand(PBegin begin) {
    PCollectionTuple read =
        begin
            .apply(
                "MatchFiles",
                FileIO.match()
                    .filepattern(pattern)
                    .withEmptyMatchTreatment(EmptyMatchTreatment.DISALLOW))
            .apply("OpenFiles", FileIO.readMatches())
            .apply(
                "ReadFile",
                ParDo.of(new ReadFn(pattern)).withOutputTags(ROWS, TupleTagList.of(UNREADABLE)));
    read.get(ROWS).setCoder(new InputRowCoder());
    return read;
  }

  /** What tells the files of a pattern apart: their names from its first wildcard's folder on. */
  static String shortName(String pattern, String file) {
    int wildcard = 0;
    while (wildcard < pattern.length() && "*?[{".indexOf(pattern.charAt(wildcard)) < 0) {
      wildcard++;
    }
    String fixed = pattern.substring(0, 1 + pattern.lastIndexOf('/', wildcard));
    int at = fixed.isEmpty() ? -1 : file.indexOf(fixed);
    return at < 0 ? file.substring(1 + file.lastIndexOf('/')) : file.substring(at + fixed.length());
  }

  static final class ReadFn extends DoFn<FileIO.ReadableFile, InputRow> {
    private static final long serialVersionUID = 1L;

    private final Counter read = Metrics.counter("submit", "rows");
    private final String pattern;
    private String format = "auto";
    private String csvDelimiter = ",";
    private transient Set<String> columns = Set.of();

    ReadFn(String pattern) {
      this.pattern = pattern;
    }

    @Setup
    public void setup(PipelineOptions options) {
      SubmitFileOptions own = options.as(SubmitFileOptions.class);
      format = own.getInputFormat();
      csvDelimiter = own.getCsvDelimiter();
      columns = RowMapping.of(own).columns();
    }

    @ProcessElement
    public void process(@Element FileIO.ReadableFile file, MultiOutputReceiver out)
        throws IOException {
      String full = file.getMetadata().resourceId().toString();
      String name = shortName(pattern, full);
      try (InputStream in = Channels.newInputStream(file.open())) {
        InputFormat.of(format, full)
            .reader(csvDelimiter, full)
            .read(in, columns, rowsTo(name, out));
      } catch (UnreadableFileException e) {
        throw new IOException("file " + full + ": " + e.getMessage(), e);
      }
    }

    private RowReader.Rows rowsTo(String name, MultiOutputReceiver out) {
      OutputReceiver<InputRow> rows = out.get(ROWS);
      OutputReceiver<Reject> unreadable = out.get(UNREADABLE);
      return new RowReader.Rows() {
        @Override
        public void row(long number, ObjectNode row) {
          read.inc();
          rows.output(new InputRow(name, number, row));
        }

        @Override
        public void unreadable(long number, String reason, String data) {
          read.inc();
          unreadable.output(
              new Reject(InputRow.place(name, number), "unreadable_row", reason, data));
        }
      };
    }
  }
}

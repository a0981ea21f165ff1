package io.promptbeam.templates.submit;

import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupIntoBatches;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.jspecify.annotations.Nullable;

/**
 * Puts lines together to pieces of about a megabyte, which are the same however often they are
 * read.
 */
final class PackLines
    extends PTransform<PCollection<PreparedLine>, PCollection<KV<Piece, byte[]>>> {
  private static final long serialVersionUID = 1L;
  private static final int GROUPS = 16;

  private final boolean ordered;

  /**
   * For lines of files, or for others.
   *
   * @param ordered whether lines come in order, many in a bundle, so that neighbours stay together
   */
  PackLines(boolean ordered) {
    this.ordered = ordered;
  }

  @Override
  public PCollection<KV<Piece, byte[]>> expand(PCollection<PreparedLine> lines) {
    PCollection<KV<Piece, byte[]>> pieces =
        ordered
            ? lines.apply("Pack", ParDo.of(new PackFn()))
            : lines
                .apply(
                    "ByGroup",
                    WithKeys.<Integer, PreparedLine>of(
                            line -> Math.floorMod(line.customId().hashCode(), GROUPS))
                        .withKeyType(TypeDescriptors.integers()))
                .setCoder(KvCoder.of(VarIntCoder.of(), new PreparedLineCoder()))
                .apply(
                    "Group",
                    GroupIntoBatches.<Integer, PreparedLine>ofByteSize(
                        Piece.USUAL_BYTES, line -> (long) line.json().length()))
                .apply("Pack", ParDo.of(new PackGroupFn()));
    return pieces
        .setCoder(KvCoder.of(SerializableCoder.of(Piece.class), ByteArrayCoder.of()))
        // What follows reads them twice, and must not find them packed another way.
        .apply("Keep", Reshuffle.viaRandomKey());
  }

  static final class PackFn extends DoFn<PreparedLine, KV<Piece, byte[]>> {
    private static final long serialVersionUID = 1L;

    private transient Piece.@Nullable Builder building;

    @StartBundle
    public void startBundle() {
      building = null;
    }

    @ProcessElement
    public void process(@Element PreparedLine line, OutputReceiver<KV<Piece, byte[]>> out) {
      if (building != null && !building.isBefore(line)) {
        // A runner may put several files into one bundle, in any order.
        out.output(building.build());
        building = null;
      }
      Piece.Builder piece = building == null ? new Piece.Builder(line) : building;
      piece.add(line);
      building = piece;
      if (piece.isFull()) {
        building = null;
        out.output(piece.build());
      }
    }

    @FinishBundle
    public void finishBundle(FinishBundleContext context) {
      if (building != null) {
        context.output(building.build(), BoundedWindow.TIMESTAMP_MIN_VALUE, GlobalWindow.INSTANCE);
        building = null;
      }
    }
  }

  static final class PackGroupFn
      extends DoFn<KV<Integer, Iterable<PreparedLine>>, KV<Piece, byte[]>> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(
        @Element KV<Integer, Iterable<PreparedLine>> group, OutputReceiver<KV<Piece, byte[]>> out) {
      Piece.@Nullable Builder building = null;
      for (PreparedLine line : group.getValue()) {
        if (building == null) {
          building = new Piece.Builder(line);
        }
        building.add(line);
      }
      if (building != null) {
        out.output(building.build());
      }
    }
  }
}

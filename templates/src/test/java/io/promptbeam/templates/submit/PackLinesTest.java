package io.promptbeam.templates.submit;

import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.Sum;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PackLinesTest {
  @Test
  void piece_isOfNeighbouringLinesOfOneFile() {
    List<PreparedLine> lines =
        List.of(
            new PreparedLine("b", 1, "b1", "{}", "m", 1, 1),
            new PreparedLine("a", 1, "a1", "{}", "m", 1, 1),
            new PreparedLine("b", 2, "b2", "{}", "m", 1, 1));
    Pipeline pipeline = Pipeline.create(PipelineOptionsFactory.create());
    PAssert.that(
            pipeline
                .apply(Create.of(lines).withCoder(new PreparedLineCoder()))
                .apply("PackLines", new PackLines(true))
                .apply(
                    MapElements.into(TypeDescriptors.strings())
                        .via(piece -> piece.getKey().source() + piece.getKey().number())))
        .containsInAnyOrder("b1", "a1", "b2");
    pipeline.run().waitUntilFinish();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void line_isInOnePiece(boolean ordered) {
    List<PreparedLine> lines = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      lines.add(new PreparedLine("table", 0, "id" + i, "{}" + i, "m", 1, 1));
    }
    Pipeline pipeline = Pipeline.create(PipelineOptionsFactory.create());
    PAssert.thatSingleton(
            pipeline
                .apply(Create.of(lines).withCoder(new PreparedLineCoder()))
                .apply("PackLines", new PackLines(ordered))
                .apply(
                    MapElements.into(TypeDescriptors.integers())
                        .via(piece -> piece.getKey().lines()))
                .apply(Sum.integersGlobally()))
        .isEqualTo(100);
    pipeline.run().waitUntilFinish();
  }
}

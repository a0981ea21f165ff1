package io.promptbeam.local.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.local.admin.PromQl.Selector;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The two readers that other tests rely on. */
class PromQlTest {
  @Test
  void expression_tellsItsMetricsAndLabels() {
    PromQl read =
        PromQl.parse(
            "sum by (model, le) (rate(a_total{x=\"1\", y!~\"b|c\"}[$__rate_interval])) * 60"
                + " > on (model) 0.8 * max by (model) (b) or vector(0) unless c{z=~\"$q\"}");
    assertThat(read.selectors())
        .containsExactly(
            new Selector("a_total", Map.of("x", "1"), Set.of("x", "y")),
            new Selector("b", Map.of(), Set.of()),
            new Selector("c", Map.of(), Set.of("z")));
    assertThat(read.grouping()).containsExactlyInAnyOrder("model", "le");
    assertThatThrownBy(() -> PromQl.parse("a{x=1}")).isInstanceOf(AssertionError.class);
    assertThatThrownBy(() -> PromQl.parse("vector(0)")).isInstanceOf(AssertionError.class);
  }

  @Test
  void exposition_isReadStrictly() {
    String good =
        """
        # HELP a_total what it is
        # TYPE a_total counter
        a_total{x="1",y="\\"q\\""} 2.0
        # TYPE h_seconds histogram
        h_seconds_bucket{le="0.1"} 1
        h_seconds_bucket{le="+Inf"} 3
        h_seconds_count 3
        h_seconds_sum 2.5
        """;
    Exposition read = Exposition.parse(good);
    assertThat(read.sum("a_total", Map.of("x", "1"))).isEqualTo(2);
    assertThat(read.labelNames())
        .containsEntry("a_total", Set.of("x", "y"))
        .containsEntry("h_seconds", Set.of());
    for (String bad :
        new String[] {
          good.replace("_count 3", "_count 4"),
          good.replace("\"0.1\"} 1", "\"0.1\"} 4"),
          good.replace("+Inf", "1"),
          good.replace("a_total", "a"),
          good.replace("# TYPE a_total counter\n", ""),
          good.replace("\\\"q\\\"", "\"q\""),
          good + "h_seconds_count 3\n",
          good + "# TYPE a_total counter\n",
          good.strip()
        }) {
      assertThatThrownBy(() -> Exposition.parse(bad)).as(bad).isInstanceOf(AssertionError.class);
    }
  }
}

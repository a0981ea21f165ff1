package io.promptbeam.templates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What of a template's job graph Dataflow compares when a running job is updated. */
class DataflowGraphTest {

  @TempDir
  @SuppressWarnings("NullAway.Init") // set by JUnit
  private Path folder;

  @ParameterizedTest
  @MethodSource("io.promptbeam.templates.Template#all")
  void stepNames_areTheAcceptedOnes(Template template) throws Exception {
    DataflowGraph graph = DataflowGraph.of(template, folder);
    assertThat(graph.type())
        .isEqualTo(
            template.mode() == Template.Mode.STREAMING ? "JOB_TYPE_STREAMING" : "JOB_TYPE_BATCH");
    assertThat(graph.stepNames()).doesNotHaveDuplicates();
    Accepted.check(
        Path.of("src/test/resources/golden", template.id() + ".txt"),
        String.join("\n", graph.stepNames()) + "\n",
        "`launch.sh run --update` finds the state of a running job by these names: a step that is"
            + " renamed or gone loses its state, and Dataflow refuses the update unless"
            + " --transform-name-mapping says old=new. Say in CHANGELOG.md which mapping to give,"
            + " or that jobs must be drained first.");
  }

  @Test
  void launch_saysWhatIsRight_whenTheInstanceIsMalformed() throws Exception {
    Map<String, String> parameters = new HashMap<>(Template.all().get(0).example());
    parameters.put("bigtable", "acme-llm/promptbeam");
    String[] args = DataflowGraph.launch(folder, parameters).toArray(new String[0]);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Template.all().get(0).launcher().launch(args))
        .withMessageContaining("bigtable://PROJECT/INSTANCE")
        .withMessageContaining("not 'acme-llm/promptbeam'");
  }
}

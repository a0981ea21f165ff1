package io.promptbeam.templates.submit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SubmitFileOptionsTest {
  private static SubmitFileOptions options(String... changes) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "--input=a.csv",
                "--promptColumn=q",
                "--model=m",
                "--owner=o",
                "--models=models.yaml",
                "--bigtable=bigtable://my-project/promptbeam"));
    for (String change : changes) {
      String name = change.substring(0, change.indexOf('=') + 1);
      args.removeIf(arg -> arg.startsWith(name));
      if (!change.endsWith("=")) {
        args.add(change);
      }
    }
    return PipelineOptionsFactory.fromArgs(args.toArray(String[]::new)).as(SubmitFileOptions.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "--input=|exactly one of --input, --inputTable and --inputQuery",
        "--inputTable=p:d.t|exactly one of --input, --inputTable and --inputQuery",
        "--inputFormat=xml|--inputFormat must be",
        "--csvDelimiter=;;|--csvDelimiter must be",
        "--owner=no spaces|owner must be",
        "--completionWindow=1y|--completionWindow must be a number of",
        "--metadata={\"a\": 1}|--metadata must be",
        "--submissionId=a b|--submissionId must be",
        "--jobsTopic=jobs|--jobsTopic must be projects/PROJECT/topics/NAME",
        "--bigtable=|missing --bigtable",
        "--bigtable=instance|a Bigtable target is"
      })
  void launch_isRefused_whenAnOptionIsWrong(String change, String message) {
    assertThatThrownBy(() -> SubmitFileTemplate.complete(options(change)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void launch_makesAnId_whenNoneIsGiven() {
    SubmitFileOptions one = options();
    SubmitFileOptions other = options();
    SubmitFileTemplate.complete(one);
    SubmitFileTemplate.complete(other);
    assertThat(Submission.of(one).batchId()).isNotEqualTo(Submission.of(other).batchId());
    SubmitFileTemplate.complete(one);
    assertThat(Submission.of(one).id()).isEqualTo(one.getSubmissionId());
  }

  @Test
  void batchId_staysTheSame_forASubmission() {
    assertThat(Submission.of(options("--submissionId=reviews")).batchText())
        .isEqualTo(Submission.of(options("--submissionId=reviews", "--model=x")).batchText());
    assertThat(Submission.of(options("--submissionId=reviews")).batchId())
        .isNotEqualTo(Submission.of(options("--submissionId=reviews", "--owner=x")).batchId());
  }

  @Test
  void template_isReadAtTheLaunch_whenItIsInAFile(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("prompt.txt"), "Classify:\n{text}");
    SubmitFileOptions options = options("--promptColumn=", "--promptTemplateFile=" + file);
    SubmitFileTemplate.complete(options);
    assertThat(RowMapping.of(options).columns()).containsExactly("text");
    assertThatThrownBy(
            () ->
                SubmitFileTemplate.complete(
                    options("--promptTemplate=x", "--promptTemplateFile=" + file)))
        .hasMessageContaining("only one of --promptTemplate and --promptTemplateFile");
  }

  @Test
  void dryRun_needsNoBigtable() {
    SubmitFileTemplate.complete(options("--bigtable=", "--dryRun=true"));
  }
}

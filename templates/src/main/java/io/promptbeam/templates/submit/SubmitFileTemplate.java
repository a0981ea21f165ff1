package io.promptbeam.templates.submit;

import io.promptbeam.templates.TemplateLauncher;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.gcp.bigquery.BigQueryServices;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a batch of rows. Returns once the job is submitted, as a template's main must; on the
 * DirectRunner, once it has ended.
 */
public final class SubmitFileTemplate {
  private static final Logger LOG = LoggerFactory.getLogger(SubmitFileTemplate.class);

  /** Of files that Windows calls UTF-8. */
  private static final String MARK = "\uFEFF";

  /** What a launcher whose locale is not UTF-8 makes of a letter. */
  private static final String LOST = "\uFFFD";

  private SubmitFileTemplate() {}

  /** Launches with options such as {@code --input=gs://... --promptTemplate=... --model=...}. */
  public static void main(String[] args) {
    TemplateLauncher.main(args, SubmitFileOptions.class, SubmitFileTemplate::launch);
  }

  /**
   * Checks the options, completes them, and starts.
   *
   * @throws IllegalArgumentException if they are not good; the message names the option
   */
  public static PipelineResult launch(SubmitFileOptions options) {
    return launch(options, Optional.empty());
  }

  static PipelineResult launch(SubmitFileOptions options, Optional<BigQueryServices> bigQuery) {
    complete(options);
    return SubmitFilePipeline.build(options, bigQuery).run();
  }

  /** Checks all that can be checked without reading a row. */
  static void complete(SubmitFileOptions options) {
    FileSystems.setDefaultPipelineOptions(options);
    for (String text :
        Arrays.asList(
            options.getPromptTemplate(), options.getSystemTemplate(), options.getParameters())) {
      if (text != null && text.contains(LOST)) {
        throw new IllegalArgumentException(
            "a prompt or parameter has lost letters on its way here (\uFFFD); give the prompt by"
                + " --promptTemplateFile");
      }
    }
    readTemplateFile(options);
    if (RowMapping.given(options.getSubmissionId()).isEmpty()) {
      options.setSubmissionId(UUID.randomUUID().toString());
    }
    var unusedMapping = RowMapping.of(options);
    var unusedInput = Input.of(options);
    var unusedTopic = Backends.Topic.of(options);
    if (!options.getDryRun()) {
      var unusedTarget = Backends.bigtable(options);
    }
    Submission submission = Submission.of(options);
    LOG.info(
        "submission {}: give this as --submissionId to launch the same once more", submission.id());
  }

  private static void readTemplateFile(SubmitFileOptions options) {
    Optional<String> location = RowMapping.given(options.getPromptTemplateFile());
    if (location.isEmpty()) {
      return;
    }
    if (RowMapping.given(options.getPromptTemplate()).isPresent()) {
      throw new IllegalArgumentException(
          "give only one of --promptTemplate and --promptTemplateFile");
    }
    try (var channel =
        FileSystems.open(FileSystems.matchSingleFileSpec(location.get()).resourceId())) {
      String text =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(Channels.newInputStream(channel).readAllBytes()))
              .toString();
      options.setPromptTemplate(text.startsWith(MARK) ? text.substring(MARK.length()) : text);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          "--promptTemplateFile " + location.get() + " is not UTF-8; save it as UTF-8", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read --promptTemplateFile " + location.get(), e);
    }
    options.setPromptTemplateFile(null);
  }
}

package io.promptbeam.local.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.Owner;
import io.promptbeam.submit.InvalidSubmissionException;
import io.promptbeam.submit.Submission;
import io.promptbeam.submit.SubmissionParser;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Collectors;

/** Makes lines into submissions, checked as every submission is. Thread-safe. */
public final class LineSubmissions {
  private static final int MAX_SHOWN_MODEL_CHARS = 60;

  private final Settings settings;
  private final ModelCatalog catalog;
  private final SubmissionParser parser;

  /**
   * What holds for all lines of a run.
   *
   * @param model overrules what lines name
   * @param system for lines with a prompt that have no system message of their own
   * @param deadline from the submission of a line to when it expires; the service's default when
   *     empty
   * @param maxAttempts the service's default when empty
   */
  public record Settings(
      Owner owner,
      Optional<String> model,
      Optional<String> system,
      Optional<Duration> deadline,
      Optional<Integer> maxAttempts) {}

  public LineSubmissions(ModelCatalog catalog, Settings settings) {
    this.catalog = catalog;
    this.settings = settings;
    this.parser = new SubmissionParser(catalog);
  }

  /**
   * The job a line asks for.
   *
   * @throws InvalidSubmissionException when the line cannot become a job
   */
  public Submission submission(InputLine.Accepted line, Instant now)
      throws InvalidSubmissionException {
    ObjectNode json = line.submission().deepCopy();
    json.put("model_id", model(line));
    if (json.has("full_input") && !json.has("system_message")) {
      settings.system().ifPresent(system -> json.put("system_message", system));
    }
    settings.deadline().ifPresent(limit -> json.put("deadline_seconds", limit.toSeconds()));
    settings.maxAttempts().ifPresent(attempts -> json.put("max_attempts", attempts));
    json.put("priority", "batch");
    Submission parsed = parser.parse(json, settings.owner(), Optional.empty(), now);
    return new Submission(named(parsed.spec(), line.customId()), parsed.request());
  }

  /**
   * The run's model, else the line's own, else the catalog's first. A line that names a model we do
   * not have is not run on another one, whose answers and price would be a surprise.
   */
  private String model(InputLine.Accepted line) throws InvalidSubmissionException {
    if (settings.model().isPresent()) {
      return settings.model().get();
    }
    if (line.model().isEmpty()) {
      return catalog.models().stream()
          .findFirst()
          .map(ModelConfig::id)
          .orElseThrow(() -> new IllegalStateException("the catalog has no model"));
    }
    String named = line.model().get();
    if (catalog.find(named).isEmpty()) {
      throw new InvalidSubmissionException("unknown_model", "model", unknown(named));
    }
    return named;
  }

  private String unknown(String model) {
    String shown =
        model.length() <= MAX_SHOWN_MODEL_CHARS
            ? model
            : model.substring(0, MAX_SHOWN_MODEL_CHARS) + "…";
    return "'"
        + shown.replaceAll("\\p{Cntrl}", "?")
        + "' is not configured. Known are: "
        + catalog.models().stream().map(ModelConfig::id).collect(Collectors.joining(", "))
        + ". To run all lines on one of them, whatever they name, use --model ID.";
  }

  /** What was wrong, in the words of the line: its prompt is our full_input. */
  static String explain(InvalidSubmissionException e) {
    String field =
        switch (e.field()) {
          case "full_input" -> "prompt";
          case "system_message" -> "system";
          default -> e.field();
        };
    return field + ": " + e.getMessage();
  }

  private static JobSpec named(JobSpec spec, String customId) {
    JobLabels labels = spec.labels();
    return new JobSpec(
        spec.id(),
        spec.owner(),
        spec.modelId(),
        new JobLabels(
            labels.jobType(),
            labels.questionId(),
            labels.batchId(),
            Optional.of(customId),
            labels.metadata()),
        spec.limits(),
        spec.createdAt(),
        spec.requestHash(),
        spec.retryOf(),
        spec.options());
  }
}

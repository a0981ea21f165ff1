package io.promptbeam.submit;

import io.promptbeam.batch.BatchRun;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.LineProblem;
import io.promptbeam.batch.ModelLoad;
import io.promptbeam.batch.SeenIds;
import io.promptbeam.store.FileLines;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Looks at every line of a file before any of it is worked on. Blocks. */
public final class BatchValidation {
  /** A file has at most. */
  public static final int MAX_LINES = 1_000_000;

  private static final int LINES_PER_LOOK = 10_000;

  private final BatchLineParser parser;
  private final int maxLines;

  public BatchValidation(BatchLineParser parser, int maxLines) {
    this.parser = parser;
    this.maxLines = maxLines;
  }

  /**
   * What came of it.
   *
   * @param lines there are
   * @param first problems
   * @param problems all of them
   * @param loads of the good lines, by model
   */
  public record Found(
      int lines, List<LineProblem> first, int problems, Map<String, ModelLoad> loads) {
    public static Found problem(int lines, String code, String message) {
      return new Found(lines, List.of(new LineProblem(code, message, "", 0)), 1, Map.of());
    }

    public BatchRun applyTo(BatchRun run, Instant now) {
      return problems == 0
          ? run.started(lines, loads, now)
          : run.failed(lines, first, problems, now);
    }
  }

  /**
   * Goes through the file.
   *
   * @param isCut asked now and then; then the lines are only counted
   */
  public Found validate(BatchSpec batch, FileLines file, BooleanSupplier isCut) {
    SeenIds seen = new SeenIds();
    Map<String, ModelLoad> loads = new LinkedHashMap<>();
    List<LineProblem> first = new ArrayList<>();
    int problems = 0;
    int lines = 0;
    boolean cut = false;
    for (var line = file.next(); line.isPresent(); line = file.next()) {
      if (lines == maxLines) {
        return Found.problem(
            lines, "too_many_lines", "The file has more than " + maxLines + " lines.");
      }
      cut = cut || (lines % LINES_PER_LOOK == 0 && isCut.getAsBoolean());
      lines++;
      Optional<LineProblem> problem =
          cut ? Optional.empty() : problem(batch, line.get(), seen, loads);
      if (problem.isPresent()) {
        problems++;
        if (first.size() < BatchRun.MAX_PROBLEMS) {
          first.add(problem.get());
        }
      }
    }
    return lines == 0
        ? Found.problem(0, "empty_file", "The file has no lines.")
        : new Found(lines, first, problems, loads);
  }

  private Optional<LineProblem> problem(
      BatchSpec batch, FileLines.Line line, SeenIds seen, Map<String, ModelLoad> loads) {
    var parsed = parser.parse(batch, line);
    if (parsed instanceof BatchLineParser.Parsed.Bad bad) {
      return Optional.of(bad.problem());
    }
    var good = (BatchLineParser.Parsed.Good) parsed;
    if (!seen.add(good.customId())) {
      return Optional.of(
          new LineProblem(
              "duplicate_custom_id",
              "Another line before this one has the same custom_id.",
              "custom_id",
              line.number()));
    }
    loads.merge(
        good.modelId(), new ModelLoad(1, good.inputTokens(), good.outputTokens()), ModelLoad::plus);
    return Optional.empty();
  }
}

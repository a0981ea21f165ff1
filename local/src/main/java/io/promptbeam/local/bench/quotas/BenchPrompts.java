package io.promptbeam.local.bench.quotas;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.job.Owner;
import io.promptbeam.submit.InvalidSubmissionException;
import io.promptbeam.submit.Submission;
import io.promptbeam.submit.SubmissionParser;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Makes submissions whose prompts nobody else has. Not thread-safe. */
final class BenchPrompts {
  private static final String FILLER =
      "the customer describes what happened and asks what to do next. ";

  /** As in the figures this project compares itself with. */
  private static final int EVEN_CHARS = 600;

  private static final int MEDIAN_CHARS = 1_200;
  private static final double SIGMA = 1.0;
  private static final int MIN_CHARS = 40;
  private static final int MAX_CHARS = 24_000;

  private final SubmissionParser parser;
  private final String whose;
  private final Random random;
  private long made;

  /**
   * @param whose unlike what any other process has
   */
  BenchPrompts(ModelCatalog catalog, String whose) {
    this.parser = new SubmissionParser(catalog);
    this.whose = whose;
    this.random = new Random(whose.hashCode());
  }

  /**
   * Makes some.
   *
   * @param unit whether prompts are of one size, or log-normal
   */
  List<Submission> make(String model, QuotaCase.Unit unit, int count) {
    List<Submission> submissions = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      submissions.add(submission(model, unit));
    }
    return submissions;
  }

  private Submission submission(String model, QuotaCase.Unit unit) {
    int chars = unit == QuotaCase.Unit.REQUESTS ? EVEN_CHARS : variedChars();
    String head = "Ticket " + whose + "/" + made++ + ": ";
    String prompt =
        (head + FILLER.repeat(chars / FILLER.length() + 1)).substring(0, Math.max(chars, 40));
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.put("model_id", model).put("full_input", prompt);
    try {
      return parser.parse(body, Owner.LOCAL, Optional.empty(), Instant.now());
    } catch (InvalidSubmissionException e) {
      throw new IllegalStateException("the benchmark's own submission is invalid", e);
    }
  }

  private int variedChars() {
    double chars = MEDIAN_CHARS * Math.exp(SIGMA * random.nextGaussian());
    return (int) Math.max(MIN_CHARS, Math.min(MAX_CHARS, chars));
  }
}

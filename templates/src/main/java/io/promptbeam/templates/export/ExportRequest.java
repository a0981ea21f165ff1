package io.promptbeam.templates.export;

import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.store.BigtableTarget;
import io.promptbeam.store.JobStore;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What to export: {@link ExportResultsOptions}, checked.
 *
 * @param owner whose jobs; all owners' if empty
 * @param models all if empty
 * @param withRequest whether prompts go out
 */
record ExportRequest(
    BigtableTarget bigtable,
    Source source,
    Optional<Owner> owner,
    Set<JobState> states,
    Set<String> models,
    boolean withRequest) {

  /** Where the jobs come from. */
  sealed interface Source {
    /**
     * The lines of a batch.
     *
     * @param text as callers write its id
     */
    record OneBatch(BatchId id, BatchProtocol protocol, String text) implements Source {}

    /**
     * The jobs of a time.
     *
     * @param from of submission, inclusive
     * @param to exclusive
     */
    record Times(Instant from, Instant to) implements Source {
      boolean contain(Instant time) {
        return !time.isBefore(from) && time.isBefore(to);
      }
    }
  }

  private static final Set<JobState> ENDED =
      Arrays.stream(JobState.values())
          .filter(JobState::isTerminal)
          .collect(Collectors.toUnmodifiableSet());

  ExportRequest {
    states = Set.copyOf(states);
    models = Set.copyOf(models);
  }

  /**
   * Checks options against each other.
   *
   * @throws IllegalArgumentException that says what to change
   */
  static ExportRequest of(ExportResultsOptions options) {
    if (options.getOwner() != null && options.getOwner().isBlank()) {
      // Of a script whose variable is empty: everybody's results would land with one team.
      throw refused("--owner is blank; leave it out to export all owners' jobs");
    }
    return new ExportRequest(
        BigtableTarget.parse(required("bigtable", options.getBigtable())),
        source(options),
        text(options.getOwner()).map(Owner::new),
        states(options),
        list(options.getModel()),
        options.getIncludeRequest());
  }

  /** What is to be read of the jobs' rows: only completed jobs have a result. */
  Set<JobStore.Part> parts() {
    Set<JobStore.Part> parts = EnumSet.noneOf(JobStore.Part.class);
    if (states.contains(JobState.COMPLETED)) {
      parts.add(JobStore.Part.RESULT);
    }
    if (withRequest) {
      parts.add(JobStore.Part.REQUEST);
    }
    return parts;
  }

  /**
   * Whether a job is to be exported.
   *
   * @param job as it stands, if it is a line of a batch
   */
  boolean wants(Job job) {
    return states.contains(job.run().state())
        && (models.isEmpty() || models.contains(job.spec().modelId()))
        && owner.map(job.spec().owner()::equals).orElse(true)
        && (!(source instanceof Source.Times times) || times.contain(job.spec().createdAt()));
  }

  private static Source source(ExportResultsOptions options) {
    Optional<String> batch = text(options.getBatchId());
    Optional<String> from = text(options.getFrom());
    Optional<String> to = text(options.getTo());
    if (batch.isPresent()) {
      if (from.isPresent() || to.isPresent()) {
        throw refused("either --batchId or --from and --to, not both");
      }
      return oneBatch(batch.get());
    }
    if (from.isEmpty()) {
      throw refused("what to export is missing: --batchId, or --from and --to");
    }
    Instant begin = time("from", from.get());
    Instant end = time("to", to.orElseThrow(() -> refused("missing --to")));
    if (!begin.isBefore(end)) {
      throw refused("--from must be before --to, but " + begin + " is not before " + end);
    }
    return new Source.Times(begin, end);
  }

  private static Source oneBatch(String text) {
    for (BatchProtocol protocol : BatchProtocol.values()) {
      Optional<BatchId> id = BatchId.parse(text, protocol);
      if (id.isPresent()) {
        return new Source.OneBatch(id.get(), protocol, text);
      }
    }
    throw refused(
        "--batchId is batch_ or msgbatch_ and 24 hexadecimal digits, but is '" + text + "'");
  }

  private static Set<JobState> states(ExportResultsOptions options) {
    Set<String> names = list(options.getStates());
    if (names.isEmpty()) {
      return options.getIncludeErrors() ? ENDED : Set.of(JobState.COMPLETED);
    }
    EnumSet<JobState> states = EnumSet.noneOf(JobState.class);
    for (String name : names) {
      states.add(
          JobState.parse(name)
              .orElseThrow(
                  () ->
                      refused(
                          "--states takes completed, failed, expired, cancelled, pending and"
                              + " processing, not '"
                              + name
                              + "'")));
    }
    if (!options.getIncludeErrors()
        && states.stream().anyMatch(s -> s.isTerminal() && s != JobState.COMPLETED)) {
      throw refused("--includeErrors=false contradicts --states=" + String.join(",", names));
    }
    return states;
  }

  private static Instant time(String option, String text) {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException e) {
      throw refused(
          "--" + option + " is a time such as 2026-11-01T00:00:00Z, but is '" + text + "'");
    }
  }

  private static Set<String> list(@Nullable String text) {
    return text(text).stream()
        .flatMap(all -> Arrays.stream(all.split(",")))
        .map(String::strip)
        .filter(each -> !each.isEmpty())
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  static String required(String option, @Nullable String text) {
    return text(text).orElseThrow(() -> refused("missing --" + option));
  }

  /** An option that is given, if only as blanks by a form, and says something. */
  static Optional<String> text(@Nullable String option) {
    return Optional.ofNullable(option).map(String::strip).filter(each -> !each.isEmpty());
  }

  static IllegalArgumentException refused(String message) {
    return new IllegalArgumentException(message);
  }
}

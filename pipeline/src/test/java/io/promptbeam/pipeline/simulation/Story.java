package io.promptbeam.pipeline.simulation;

import io.promptbeam.pipeline.simulation.Simulation.Result;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/** A world that broke a promise, told for a person. */
final class Story {
  private static final int WORLD_LINES = 60;

  private Story() {}

  static String of(Result result) {
    Violation violation = result.violation().orElseThrow();
    List<World.Note> notes = result.notes();
    String ofJob = "job " + violation.job();
    List<World.Note> jobs = notes.stream().filter(note -> note.what().startsWith(ofJob)).toList();
    List<World.Note> worlds =
        notes.stream().filter(note -> !note.what().startsWith("job ")).toList();
    return "seed %d broke %s: %s%n%nreplay: %s%n%nworld: %s%n%nhistory of job %s:%n%s%n%n"
            .formatted(
                result.seed(),
                violation.promise(),
                violation.what(),
                replay(result.seed()),
                result.scenario(),
                violation.job(),
                lines(jobs))
        + "last events of the world:%n%s%n"
            .formatted(
                lines(worlds.subList(Math.max(0, worlds.size() - WORLD_LINES), worlds.size())));
  }

  private static String replay(long seed) {
    return "mvn test -pl job-model,pipeline -Dtest=SimulationTest"
        + " -Dsurefire.failIfNoSpecifiedTests=false -Dpromptbeam.sim.seed="
        + seed;
  }

  private static String lines(List<World.Note> notes) {
    return notes.stream()
        .map(
            note ->
                "  %-18s %-10s %s"
                    .formatted(
                        Duration.ofNanos(note.atNanos()).toString().substring(2),
                        note.who(),
                        note.what()))
        .collect(Collectors.joining(System.lineSeparator()));
  }
}

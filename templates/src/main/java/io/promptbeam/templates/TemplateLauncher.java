package io.promptbeam.templates;

import java.util.Arrays;
import java.util.function.Consumer;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/**
 * What the mains of the templates share. A launcher shows the operator the end of a log: what is
 * wrong with the options is one line there, and an exit status of 2.
 */
public final class TemplateLauncher {
  private TemplateLauncher() {}

  /** Runs a template and returns once its job is submitted; ends the process if it cannot be. */
  public static <T extends PipelineOptions> void main(
      String[] args, Class<T> type, Consumer<T> launch) {
    try {
      launch(args, type, launch);
    } catch (IllegalArgumentException e) {
      System.err.println("cannot launch: " + oneLine(e));
      System.exit(2);
    }
  }

  /**
   * As {@link #main}, for a process that goes on.
   *
   * @throws IllegalArgumentException if the options are not good; the message says which and why
   */
  public static <T extends PipelineOptions> void launch(
      String[] args, Class<T> type, Consumer<T> launch) {
    PipelineOptionsFactory.register(type);
    String[] known =
        Arrays.stream(args)
            .map(arg -> arg.equals("--help") ? "--help=" + type.getName() : arg)
            .toArray(String[]::new);
    launch.accept(PipelineOptionsFactory.fromArgs(known).withValidation().as(type));
  }

  private static String oneLine(IllegalArgumentException e) {
    String message = String.valueOf(e.getMessage());
    return message.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}

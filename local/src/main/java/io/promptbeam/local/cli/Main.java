package io.promptbeam.local.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code promptbeam} command. */
@Command(
    name = "promptbeam",
    mixinStandardHelpOptions = true,
    scope = CommandLine.ScopeType.INHERIT,
    versionProvider = Main.Version.class,
    sortOptions = false,
    usageHelpAutoWidth = true,
    header = "Any LLM endpoint as a durable, rate-limited, pollable job service.",
    synopsisSubcommandLabel = "COMMAND",
    commandListHeading = "%nCommands:%n",
    optionListHeading = "%nOptions:%n",
    parameterListHeading = "%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:all is well",
      "1:some jobs did not complete",
      "2:wrong usage or bad input",
      "3:environment: a port in use, no service, a disk that cannot be written",
      "130:ended by Ctrl-C"
    },
    footerHeading = "%nExamples:%n")
public final class Main implements Runnable {
  /** Kept apart from {@link Main} so that help on a verb does not repeat the root's examples. */
  private static final String[] EXAMPLES = {
    "  promptbeam run examples/support-tickets.jsonl --out results.jsonl",
    "  promptbeam up --models models.yaml",
    "  promptbeam submit \"Name three prime numbers\" --wait",
    "",
    "promptbeam COMMAND --help explains a command."
  };

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  public static void main(String[] args) {
    LogFile.silenceTerminal();
    int status = execute(Terminal.ofProcess(), args);
    // Libraries leave threads behind that are not daemons; a finished command is finished.
    System.exit(status);
  }

  /** Runs one command line and answers its exit status. */
  static int execute(Terminal terminal, String... args) {
    return commandLine(terminal).execute(args);
  }

  private static CommandLine commandLine(Terminal terminal) {
    CommandLine root = new CommandLine(new Main());
    root.getCommandSpec().usageMessage().footer(EXAMPLES);
    root.addSubcommand(new UpCommand(terminal))
        .addSubcommand(new RunCommand(terminal))
        .addSubcommand(new ApiCommand(terminal))
        .addSubcommand(new PipelineCommand(terminal))
        .addSubcommand(new SubmitCommand(terminal))
        .addSubcommand(new StatusCommand(terminal))
        .addSubcommand(new ResultCommand(terminal))
        .addSubcommand(new ListCommand(terminal))
        .addSubcommand(new UsageCommand(terminal))
        .addSubcommand(new CancelCommand(terminal))
        .addSubcommand(new RetryCommand(terminal))
        .addSubcommand(BatchCommand.with(terminal))
        .addSubcommand(KeysCommand.with(terminal))
        .addSubcommand(DeadLetterCommand.with(terminal))
        .addSubcommand(BenchCommand.with(terminal));
    root.setOut(new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8));
    root.setErr(new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8));
    root.setParameterExceptionHandler((e, args) -> usageError(terminal, e));
    root.setExecutionExceptionHandler((e, command, result) -> failure(terminal, command, e));
    return root;
  }

  private static int usageError(Terminal terminal, ParameterException e) {
    CommandLine command = e.getCommandLine();
    terminal
        .err()
        .println(
            "promptbeam: "
                + lowerFirst(Objects.requireNonNullElse(e.getMessage(), "wrong usage"))
                + ". Try: "
                + command.getCommandSpec().qualifiedName()
                + " --help");
    return ExitCodes.USAGE;
  }

  private static int failure(Terminal terminal, CommandLine command, Exception e) {
    if (e instanceof CliException expected) {
      terminal.err().println("promptbeam: " + expected.getMessage());
      return expected.exitCode();
    }
    // A defect, or something nobody thought of: the trace goes where logs go.
    String log = LogFile.open(terminal, "error-" + command.getCommandName());
    LoggerFactory.getLogger(Main.class).error("{} failed", command.getCommandName(), e);
    terminal
        .err()
        .println(
            "promptbeam: unexpected error ("
                + e.getClass().getSimpleName()
                + "). Details are in "
                + log);
    return ExitCodes.ENVIRONMENT;
  }

  private static String lowerFirst(String text) {
    return text.isEmpty() ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "A command is missing");
  }

  /** Of the jar this class is in. */
  static String version() {
    return "promptbeam " + versionNumber();
  }

  /** The {@link #version} alone. */
  static String versionNumber() {
    String version = Main.class.getPackage().getImplementationVersion();
    return Objects.requireNonNullElse(version, "(not packaged)");
  }

  /** What {@code --version} prints. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {version()};
    }
  }
}

package io.promptbeam.local.bench.quotas;

import io.promptbeam.catalog.InvalidCatalogException;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.catalog.Simulation;
import io.promptbeam.local.bigtable.EmbeddedBigtable;
import io.promptbeam.local.stack.Backends;
import io.promptbeam.local.stack.Stack;
import io.promptbeam.message.PubsubTarget;
import io.promptbeam.pipeline.llm.simulated.SimulatedProvider;
import io.promptbeam.store.BigtableTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Runs quota cases, one after the other, each with processes and emulators of its own. */
public final class QuotaBench {
  private static final String MAIN = "io.promptbeam.local.cli.Main";
  private static final String LIMITED = "limited";

  /** So that nobody runs out of work before the end, however it is divided. */
  private static final double BACKLOG = 1.5;

  private static final long AVERAGE_TOKENS = 400;
  private static final int SUBMIT_AT_ONCE = 2_000;
  private static final int ARRIVALS_MILLIS = 500;

  private final Settings settings;
  private final Consumer<String> say;

  /**
   * How long, and where files go.
   *
   * @param seconds from the first call to the kill
   * @param afterSeconds from the kill to the end
   * @param warmUp jobs without a limit, per process, before anything is measured
   */
  public record Settings(int seconds, int afterSeconds, int warmUp, Path directory, Path log) {}

  public QuotaBench(Settings settings, Consumer<String> say) {
    this.settings = settings;
    this.say = say;
  }

  /** Measures all, each beside its reference where it has one. */
  public QuotaReport run(List<QuotaCase> cases) throws IOException, InterruptedException {
    Map<QuotaCase, QuotaFigures> figures = new LinkedHashMap<>();
    for (QuotaCase measured : cases) {
      figures.put(measured, told(measured));
      Optional<QuotaCase> reference = measured.reference();
      if (reference.isPresent()) {
        figures.put(reference.get(), told(reference.get()));
      }
    }
    return new QuotaReport(figures);
  }

  private QuotaFigures told(QuotaCase measured) throws IOException, InterruptedException {
    say.accept(measured.title());
    QuotaFigures figures = measure(measured);
    say.accept(QuotaReport.line(figures));
    return figures;
  }

  private QuotaFigures measure(QuotaCase measured) throws IOException, InterruptedException {
    Deque<AutoCloseable> open = new ArrayDeque<>();
    try {
      Simulation base = Simulation.DEFAULT;
      SimulatedProvider warm = opened(open, SimulatedProvider.start("warm", base));
      SimulatedProvider provider =
          opened(open, SimulatedProvider.start(LIMITED, limited(base, measured)));
      Path models = models(measured, warm, provider);
      EmbeddedBigtable bigtable = opened(open, EmbeddedBigtable.start());
      BigtableTarget target = BigtableTarget.Emulator.at(bigtable.hostAndPort());
      Stack stack = opened(open, Stack.open(new Backends(Optional.of(target), Optional.empty())));
      List<Machine> machines =
          measured.processes() == QuotaCase.Processes.PIPELINES
              ? pipelines(open, measured, models, bigtable, stack, warm)
              : workers(open, measured, models, target);
      awaitFirstCall(provider);
      TimeUnit.SECONDS.sleep(settings.seconds());
      long killedNanos = System.nanoTime();
      machines.get(0).kill();
      TimeUnit.SECONDS.sleep(settings.afterSeconds());
      return QuotaFigures.of(
          measured, provider.admissions(), provider.stats(), killedNanos, System.nanoTime());
    } finally {
      close(open);
    }
  }

  private static Simulation limited(Simulation base, QuotaCase measured) {
    OptionalLong limit = OptionalLong.of(measured.perMinute());
    boolean tokens = measured.unit() == QuotaCase.Unit.TOKENS;
    return new Simulation(
        base.seed(),
        base.latencyMedian(),
        base.latencySigma(),
        0,
        0,
        0,
        tokens ? OptionalLong.empty() : limit,
        tokens ? limit : OptionalLong.empty());
  }

  private Path models(QuotaCase measured, SimulatedProvider warm, SimulatedProvider provider)
      throws IOException {
    String field =
        measured.unit() == QuotaCase.Unit.TOKENS ? "tokens_per_minute" : "requests_per_minute";
    StringBuilder yaml =
        new StringBuilder("models:\n  - {id: warm, provider: openai, base_url: \"")
            .append(warm.baseUrl())
            .append("\"}\n");
    int parts = measured.split() ? measured.processes().count() : 1;
    for (int part = 0; part < parts; part++) {
      yaml.append("  - {id: ")
          .append(modelOf(measured, part))
          .append(", provider: openai, base_url: \"")
          .append(provider.baseUrl())
          .append("\", ")
          .append(field)
          .append(": ")
          .append(measured.perMinute() / parts)
          .append("}\n");
    }
    return Files.writeString(settings.directory().resolve("models.yaml"), yaml);
  }

  private static String modelOf(QuotaCase measured, int process) {
    return measured.split() ? LIMITED + "-" + process : LIMITED;
  }

  /** So many that the limit lasts to the end, and that those of a killed process are not missed. */
  private int backlog(QuotaCase measured) {
    double calls =
        (double) (settings.seconds() + settings.afterSeconds())
            * measured.perSecond()
            / (measured.unit() == QuotaCase.Unit.TOKENS ? AVERAGE_TOKENS : 1);
    return (int) (calls * BACKLOG);
  }

  private List<Machine> workers(
      Deque<AutoCloseable> open, QuotaCase measured, Path models, BigtableTarget target)
      throws IOException {
    List<Machine> machines = new ArrayList<>();
    int count = measured.processes().count();
    for (int i = 0; i < count; i++) {
      List<String> arguments =
          List.of(
              "bench",
              "worker",
              "--name=" + i,
              "--store=" + target,
              "--models=" + models,
              "--model=" + modelOf(measured, i),
              "--unit=" + measured.unit(),
              "--calls-only=" + (measured.processes() == QuotaCase.Processes.CALLERS),
              "--warm-up=" + settings.warmUp(),
              "--jobs=" + backlog(measured) / count);
      machines.add(opened(open, Machine.start(MAIN, arguments, Map.of(), settings.log())));
    }
    for (Machine machine : machines) {
      machine.await(QuotaWorker.READY);
    }
    for (Machine machine : machines) {
      machine.tell(QuotaWorker.GO);
    }
    return machines;
  }

  private List<Machine> pipelines(
      Deque<AutoCloseable> open,
      QuotaCase measured,
      Path models,
      EmbeddedBigtable bigtable,
      Stack stack,
      SimulatedProvider warm)
      throws IOException, InterruptedException {
    String queue = ((PubsubTarget.Emulator) stack.queueTarget()).hostAndPort();
    Map<String, String> environment =
        Map.of("BIGTABLE_EMULATOR_HOST", bigtable.hostAndPort(), "PUBSUB_EMULATOR_HOST", queue);
    List<Machine> machines = new ArrayList<>();
    for (int i = 0; i < measured.processes().count(); i++) {
      machines.add(
          opened(
              open,
              Machine.start(
                  MAIN, List.of("pipeline", "--models=" + models), environment, settings.log())));
    }
    ModelCatalog catalog = catalog(models);
    var prompts = new BenchPrompts(catalog, "queue");
    int warmUp = settings.warmUp() * machines.size();
    submit(stack, prompts, "warm", QuotaCase.Unit.REQUESTS, warmUp);
    while (warm.stats().ok() < warmUp) {
      TimeUnit.MILLISECONDS.sleep(50);
    }
    submit(stack, prompts, LIMITED, measured.unit(), backlog(measured));
    opened(open, arrivals(stack, prompts, measured));
    return machines;
  }

  /**
   * As many as the limit lets through come in all the time: what a killed pipeline holds is not the
   * others' before its messages are delivered again.
   */
  private static AutoCloseable arrivals(Stack stack, BenchPrompts prompts, QuotaCase measured) {
    var timer = Executors.newSingleThreadScheduledExecutor();
    var unused =
        timer.scheduleAtFixedRate(
            () ->
                submit(
                    stack,
                    prompts,
                    LIMITED,
                    measured.unit(),
                    (int) (measured.perSecond() * ARRIVALS_MILLIS / 1_000)),
            ARRIVALS_MILLIS,
            ARRIVALS_MILLIS,
            TimeUnit.MILLISECONDS);
    return timer::shutdownNow;
  }

  private static ModelCatalog catalog(Path models) {
    try {
      return ModelCatalogLoader.load(models);
    } catch (InvalidCatalogException e) {
      throw new IllegalStateException("the benchmark's own models are invalid", e);
    }
  }

  private static void submit(
      Stack stack, BenchPrompts prompts, String model, QuotaCase.Unit unit, int jobs) {
    for (int left = jobs; left > 0; left -= SUBMIT_AT_ONCE) {
      stack.submitter().submitAll(prompts.make(model, unit, Math.min(left, SUBMIT_AT_ONCE))).join();
    }
  }

  private static void awaitFirstCall(SimulatedProvider provider) throws InterruptedException {
    long giveUpNanos = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    while (provider.stats().calls() == 0) {
      if (System.nanoTime() - giveUpNanos > 0) {
        throw new IllegalStateException("no call was made in two minutes; the log may say why");
      }
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  private static <T extends AutoCloseable> T opened(Deque<AutoCloseable> open, T part) {
    open.push(part);
    return part;
  }

  private static void close(Deque<AutoCloseable> open) throws IOException {
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception e) {
        throw new IOException("a part of the benchmark could not be closed", e);
      }
    }
  }
}

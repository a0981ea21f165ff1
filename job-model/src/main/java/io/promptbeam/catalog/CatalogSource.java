package io.promptbeam.catalog;

import io.promptbeam.outage.SparseWarning;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The catalog as it is now: follows its file, so that limits, prices and models change without a
 * restart. A file that has become invalid is logged and changes nothing. Thread-safe.
 */
public final class CatalogSource implements Supplier<ModelCatalog>, AutoCloseable {
  /** Between two looks at the file. */
  public static final Duration DEFAULT_LOOK = Duration.ofSeconds(5);

  private static final Logger LOG = LoggerFactory.getLogger(CatalogSource.class);
  private static final SparseWarning INVALID = new SparseWarning(LOG);
  private static final SparseWarning REFUSED = new SparseWarning(LOG);

  /** Where the catalog comes from. */
  @FunctionalInterface
  public interface Reader {
    /**
     * Reads all of it. May block.
     *
     * @throws InvalidCatalogException also when it cannot be read
     */
    ModelCatalog read() throws InvalidCatalogException;
  }

  private final Reader reader;
  private final List<Consumer<ModelCatalog>> listeners = new CopyOnWriteArrayList<>();
  private final ScheduledExecutorService looks;
  private volatile ModelCatalog current;

  /** Of the file that is in force. */
  private volatile Instant writtenAt;

  private CatalogSource(Reader reader, ModelCatalog first) {
    this.reader = reader;
    this.current = first;
    this.writtenAt = first.configuredAt();
    looks =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "catalog");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** One that never changes. */
  public static CatalogSource of(ModelCatalog catalog) {
    return new CatalogSource(() -> catalog, catalog);
  }

  /**
   * Reads now, and again every {@code look}.
   *
   * @throws InvalidCatalogException when the first reading fails
   */
  public static CatalogSource following(Reader reader, Duration look)
      throws InvalidCatalogException {
    var source = new CatalogSource(reader, reader.read());
    var unused =
        source.looks.scheduleWithFixedDelay(
            source::look, look.toMillis(), look.toMillis(), TimeUnit.MILLISECONDS);
    return source;
  }

  @Override
  public ModelCatalog get() {
    return current;
  }

  /**
   * Calls {@code listener} with every later catalog before it is in force, and again while one of
   * the listeners fails, on a thread that it must not hold up.
   */
  public void onChange(Consumer<ModelCatalog> listener) {
    listeners.add(listener);
  }

  /** Looks once; also called by itself. */
  void look() {
    try {
      ModelCatalog read = reader.read();
      if (!read.configuredAt().equals(writtenAt)) {
        // A file put back from a backup keeps its old time, and is meant nevertheless.
        boolean later = read.configuredAt().isAfter(current.configuredAt());
        ModelCatalog next = later ? read : read.configuredAt(Instant.now());
        // Before it is in force: what fails here is tried again at the next look.
        listeners.forEach(listener -> listener.accept(next));
        current = next;
        writtenAt = read.configuredAt();
        LOG.info("the model catalog has changed; it is in force now");
      }
    } catch (InvalidCatalogException e) {
      INVALID.warn(() -> "the model catalog is invalid, the one before stays: " + e.getMessage());
    } catch (RuntimeException | Error e) {
      REFUSED.warn(
          () ->
              "a changed model catalog cannot be put in force yet, the one before stays: "
                  + SparseWarning.reason(e));
    }
  }

  @Override
  public void close() {
    looks.shutdownNow();
  }
}

package io.promptbeam.local.cli;

import io.promptbeam.api.ApiServer;
import io.promptbeam.catalog.CatalogSource;
import io.promptbeam.local.admin.AdminServer;
import io.promptbeam.local.stack.LocalPipeline;
import io.promptbeam.store.JobStore;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/** Shows what a process consists of to those who watch it, if anybody wants to. */
final class AdminPort implements AutoCloseable {
  private static final long PING_SECONDS = 2;

  private final Optional<AdminServer> server;
  private final Map<String, BooleanSupplier> checks = new HashMap<>();

  AdminPort(Optional<AdminServer> server) {
    this.server = server;
  }

  void show(ApiServer api) {
    server.ifPresent(admin -> admin.readings().add(() -> api.figures().snapshot()));
  }

  void show(LocalPipeline pipeline, CatalogSource catalog) {
    BooleanSupplier runs = () -> !pipeline.hasEnded();
    server.ifPresent(
        admin ->
            admin
                .readings()
                .add(() -> pipeline.worker().engine().figures(), catalog, pipeline::counts, runs));
    checks.put("pipeline", runs);
  }

  /** Everything is there; ready from now on, while the store answers. */
  void ready(JobStore store) {
    checks.put("store", () -> answers(store));
    server.ifPresent(admin -> admin.readyWhile(checks));
  }

  private static boolean answers(JobStore store) {
    try {
      store.ping().get(PING_SECONDS, TimeUnit.SECONDS);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException | TimeoutException | RuntimeException e) {
      return false;
    }
  }

  @Override
  public void close() {
    server.ifPresent(AdminServer::close);
  }
}

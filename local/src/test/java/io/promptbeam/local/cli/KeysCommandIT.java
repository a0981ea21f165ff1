package io.promptbeam.local.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.api.Access;
import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiServer;
import io.promptbeam.batch.BatchId;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.job.Owner;
import io.promptbeam.local.bigtable.EmbeddedBigtable;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.message.JobReference;
import io.promptbeam.store.BigtableJobStore;
import io.promptbeam.store.BigtableTarget;
import io.promptbeam.store.JobStore;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The verbs as an operator uses them: the first key in the store, the others by it. */
@Timeout(120)
class KeysCommandIT {
  private static final String KEY = "pb_[0-9a-f]{16}-[0-9]+_[A-Za-z0-9_-]{43}";

  private record Silent() implements JobPublisher {
    @Override
    public CompletableFuture<Void> publish(JobReference reference) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Void> publishTogether(List<JobReference> references) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Void> publishBatch(BatchId batch, Owner owner) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close() {}
  }

  private static String created(Console console, String... more) {
    String[] arguments = new String[more.length + 2];
    arguments[0] = "keys";
    arguments[1] = "create";
    System.arraycopy(more, 0, arguments, 2, more.length);
    assertThat(console.run(arguments)).as(console.err()).isZero();
    assertThat(console.out()).matches(KEY + "\\R");
    assertThat(console.err()).contains("shown this once").doesNotContain(console.out().strip());
    return console.out().strip();
  }

  private static String id(String key) {
    return key.substring("pb_".length(), key.length() - 44);
  }

  private static Console console(ApiServer server, String key) {
    return new Console(
        Map.of("PROMPTBEAM_URL", server.uri().toString(), "PROMPTBEAM_API_KEY", key));
  }

  @Test
  void keys_areMadeRotatedAndRevoked_beginningWithOneInTheStore() throws Exception {
    ModelCatalog catalog =
        ModelCatalogLoader.parse("models.yaml", "models: [{id: a, provider: simulated}]");
    try (EmbeddedBigtable bigtable = EmbeddedBigtable.start()) {
      Console inStore = new Console(Map.of("BIGTABLE_EMULATOR_HOST", bigtable.hostAndPort()));
      String admin =
          created(inStore, "--in-store", "--owner", "ops", "--name", "first", "--scopes", "admin");
      BigtableTarget target = BigtableTarget.Emulator.at(bigtable.hostAndPort());
      try (JobStore store = BigtableJobStore.open(target);
          ApiServer server =
              new ApiServer(
                  ApiConfig.loopback(0).withAccess(Access.LOOPBACK.withStoredKeys()),
                  store,
                  new Silent(),
                  catalog,
                  Clock.systemUTC())) {
        server.start();
        assertThat(console(server, "").run("list")).isEqualTo(ExitCodes.USAGE);
        Console ops = console(server, admin);
        String first = created(ops, "--owner", "acme", "--name", "ci");
        assertThat(ops.err()).contains("(submit,read), good until 20");
        assertThat(console(server, first).run("submit", "--model", "a", "x")).isZero();
        assertThat(console(server, first).run("list", "--owner", "ops")).isEqualTo(ExitCodes.USAGE);
        assertThat(ops.run("list", "--owner", "acme")).isZero();
        assertThat(ops.out()).contains("pending");

        Console acme = console(server, first);
        assertThat(acme.run("keys", "list")).isEqualTo(ExitCodes.USAGE);
        assertThat(acme.err()).contains("needs the scope admin");

        assertThat(ops.run("keys", "create", "--owner", "acme", "--name", "ci"))
            .isEqualTo(ExitCodes.JOBS_FAILED);
        assertThat(ops.err()).contains("Rotate it").contains(id(first));
        String second =
            created(ops, "--owner", "acme", "--name", "ci", "--rotate", "--old-expires-in", "24h");
        assertThat(ops.run("keys", "create", "--owner", "acme", "--name", "ci", "--rotate"))
            .isNotZero();
        assertThat(ops.err()).contains("Revoke the old one, " + id(first));

        assertThat(ops.run("keys", "revoke", id(second))).isZero();
        assertThat(ops.out().strip()).isEqualTo("revoked");
        assertThat(console(server, second).run("list")).isEqualTo(ExitCodes.USAGE);
        assertThat(console(server, first).run("list")).as("the old one lives for a day").isZero();
        assertThat(ops.run("keys", "list", "--owner", "acme")).isZero();
        assertThat(ops.out().lines()).hasSize(3);
        assertThat(ops.out())
            .contains(id(first), id(second), "live", "revoked", "submit,read")
            .doesNotContain("ops");
        assertThat(ops.run("keys", "revoke", second)).isEqualTo(ExitCodes.USAGE);
        assertThat(ops.err()).doesNotContain(second);
        assertThat(ops.run("keys", "revoke", "0123456789abcdef-1")).isEqualTo(ExitCodes.USAGE);
      }
    }
  }

  @Test
  void wrongUsage_isSaid_beforeAnythingIsAsked() {
    Console nowhere = new Console(Map.of());
    String[][] wrong = {
      {"--in-store", "--owner", "ops", "--name", "first"},
      {"--owner", "o/o", "--name", "n"},
      {"--owner", "o", "--name", "n n"},
      {"--owner", "o", "--name", "n", "--scopes", "all"},
      {"--owner", "o", "--name", "n", "--expires-in", "soon"},
      {"--owner", "o", "--name", "n", "--expires-in", "0d"},
      {"--owner", "o", "--name", "n", "--old-expires-in", "1h"},
    };
    for (String[] options : wrong) {
      String[] arguments = new String[options.length + 2];
      arguments[0] = "keys";
      arguments[1] = "create";
      System.arraycopy(options, 0, arguments, 2, options.length);
      assertThat(nowhere.run(arguments)).as(String.join(" ", options)).isEqualTo(ExitCodes.USAGE);
    }
    assertThat(nowhere.run("api", "--require-keys", "--principals", "x"))
        .isEqualTo(ExitCodes.USAGE);
  }
}

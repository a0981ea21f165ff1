package io.promptbeam.local.stack;

import io.promptbeam.message.PubsubTarget;
import io.promptbeam.store.BigtableTarget;
import java.util.Map;
import java.util.Optional;

/**
 * Where jobs are kept and messages go; whatever is empty is embedded in this process.
 *
 * @param store emulator or service outside
 * @param queue emulator or service outside
 */
public record Backends(Optional<BigtableTarget> store, Optional<PubsubTarget> queue) {
  private static final String LOCAL_INSTANCE = "local";

  /**
   * What the command line says of Google Cloud.
   *
   * @param appProfile of Bigtable; must route to a single cluster
   */
  public record Cloud(
      Optional<String> project, Optional<String> instance, Optional<String> appProfile) {
    public static final Cloud NONE =
        new Cloud(Optional.empty(), Optional.empty(), Optional.empty());
  }

  /**
   * Emulators that the environment names come first, then the cloud, then what is embedded.
   *
   * @throws IllegalArgumentException with a message for the user, when that is contradictory
   */
  public static Backends resolve(Map<String, String> environment, Cloud cloud) {
    Optional<String> bigtable = variable(environment, "BIGTABLE_EMULATOR_HOST");
    Optional<String> pubsub = variable(environment, "PUBSUB_EMULATOR_HOST");
    if (bigtable.isEmpty() && pubsub.isEmpty() && !cloud.equals(Cloud.NONE)) {
      return onCloud(cloud);
    }
    String project = cloud.project().orElse(PubsubTarget.DEFAULT_LOCAL_PROJECT);
    return new Backends(
        bigtable.map(
            at -> {
              var emulator = BigtableTarget.Emulator.at(at);
              return new BigtableTarget.Emulator(
                  emulator.host(),
                  emulator.port(),
                  project,
                  cloud.instance().orElse(LOCAL_INSTANCE));
            }),
        pubsub.map(at -> PubsubTarget.Emulator.parse(at, project)));
  }

  private static Backends onCloud(Cloud cloud) {
    if (cloud.project().isEmpty() || cloud.instance().isEmpty()) {
      throw new IllegalArgumentException(
          "--project and --instance go together: the Google Cloud project, and its Bigtable"
              + " instance");
    }
    String project = cloud.project().get();
    return new Backends(
        Optional.of(new BigtableTarget.Cloud(project, cloud.instance().get(), cloud.appProfile())),
        Optional.of(new PubsubTarget.Cloud(project)));
  }

  private static Optional<String> variable(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
  }

  /** Whether other processes can work on the same jobs. */
  public boolean areShared() {
    return store.isPresent() && queue.isPresent();
  }

  /** For a person. */
  public String describe() {
    return (areShared() ? "Using store: " : "Starting store: ")
        + store.map(Object::toString).orElse("embedded Bigtable emulator")
        + ", queue: "
        + queue.map(Backends::describe).orElse("embedded Pub/Sub");
  }

  private static String describe(PubsubTarget target) {
    return target instanceof PubsubTarget.Emulator emulator
        ? "emulator://" + emulator.hostAndPort() + "/" + emulator.projectId()
        : "pubsub://" + target.projectId();
  }
}

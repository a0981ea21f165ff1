package io.promptbeam.local.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.message.PubsubTarget;
import io.promptbeam.store.BigtableTarget;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BackendsTest {
  private static final Map<String, String> EMULATORS =
      Map.of("BIGTABLE_EMULATOR_HOST", "127.0.0.1:8086", "PUBSUB_EMULATOR_HOST", "127.0.0.1:8085");

  private static Backends.Cloud cloud(String project, String instance) {
    return new Backends.Cloud(
        Optional.of(project).filter(id -> !id.isEmpty()),
        Optional.of(instance).filter(id -> !id.isEmpty()),
        Optional.empty());
  }

  @Test
  void everything_isEmbedded_whenNothingIsGiven() {
    Backends backends = Backends.resolve(Map.of("PUBSUB_EMULATOR_HOST", " "), Backends.Cloud.NONE);

    assertThat(backends).isEqualTo(new Backends(Optional.empty(), Optional.empty()));
    assertThat(backends.areShared()).isFalse();
  }

  @Test
  void emulators_areUsed_whenTheEnvironmentNamesThem() {
    Backends backends = Backends.resolve(EMULATORS, Backends.Cloud.NONE);

    assertThat(backends.areShared()).isTrue();
    assertThat(backends.store())
        .contains(new BigtableTarget.Emulator("127.0.0.1", 8086, "promptbeam-local", "local"));
    assertThat(backends.queue())
        .contains(new PubsubTarget.Emulator("127.0.0.1", 8085, "promptbeam-local"));
  }

  @Test
  void emulators_comeBeforeTheCloud_andTakeItsNames() {
    Backends backends = Backends.resolve(EMULATORS, cloud("my-project", "my-instance"));

    assertThat(backends.store())
        .contains(new BigtableTarget.Emulator("127.0.0.1", 8086, "my-project", "my-instance"));
    assertThat(backends.queue()).map(PubsubTarget::projectId).contains("my-project");
  }

  @Test
  void cloud_isUsed_whenProjectAndInstanceAreGiven() {
    Backends backends = Backends.resolve(Map.of(), cloud("my-project", "my-instance"));

    assertThat(backends.store())
        .contains(new BigtableTarget.Cloud("my-project", "my-instance", Optional.empty()));
    assertThat(backends.queue()).contains(new PubsubTarget.Cloud("my-project"));
  }

  @Test
  void cloud_isRefused_whenHalfOfItIsMissing() {
    assertThatThrownBy(() -> Backends.resolve(Map.of(), cloud("my-project", "")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--instance");
    assertThatThrownBy(() -> Backends.resolve(Map.of(), cloud("", "my-instance")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--project");
  }

  @Test
  void address_isRefused_whenItHasNoPort() {
    Map<String, String> wrong = Map.of("PUBSUB_EMULATOR_HOST", "localhost");

    assertThatThrownBy(() -> Backends.resolve(wrong, Backends.Cloud.NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("host:port");
  }
}

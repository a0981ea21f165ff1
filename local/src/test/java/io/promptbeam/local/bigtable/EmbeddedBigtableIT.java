package io.promptbeam.local.bigtable;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class EmbeddedBigtableIT {
  @Test
  void process_isGone_whenClosed() throws Exception {
    Set<ProcessHandle> before = children();
    EmbeddedBigtable bigtable = EmbeddedBigtable.start();
    Set<ProcessHandle> started = children();
    started.removeAll(before);
    assertThat(started).hasSize(1);
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(bigtable.host(), bigtable.port()), 5_000);
    }

    bigtable.close();
    bigtable.close();

    assertThat(started).noneMatch(ProcessHandle::isAlive);
  }

  private static Set<ProcessHandle> children() {
    return ProcessHandle.current().children().collect(Collectors.toSet());
  }
}

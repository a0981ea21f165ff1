package io.promptbeam.local.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AdminOptionsIT {
  private final Console console = new Console(Map.of());

  @Test
  void port_isRefusedInOneLine_whenItIsInUse() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      assertThat(console.run("up", "--port=0", "--admin-port=" + port))
          .isEqualTo(ExitCodes.ENVIRONMENT);
      assertThat(console.err())
          .isEqualTo(
              "promptbeam: cannot listen on 127.0.0.1:"
                  + port
                  + ". Is the port in use? Choose another with --admin-port (0 takes any free"
                  + " one)\n");
    }
  }

  @Test
  void addressAndPort_areRefusedInOneLine_whenThereIsNone() {
    assertThat(console.run("up", "--port=0", "--admin-port=70000")).isEqualTo(ExitCodes.USAGE);
    assertThat(console.err()).isEqualTo("promptbeam: --admin-port must be from 0 to 65535\n");
    assertThat(console.run("up", "--port=0", "--admin-port=0", "--admin-host=203.0.113.1"))
        .isEqualTo(ExitCodes.ENVIRONMENT);
    assertThat(console.err()).contains("cannot listen on 203.0.113.1:0").hasLineCount(1);
  }
}

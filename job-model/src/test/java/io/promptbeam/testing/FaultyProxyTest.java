package io.promptbeam.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.testing.FaultyProxy.Mode;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against a server on loopback that sends back what it reads. */
@Timeout(60)
class FaultyProxyTest {
  /** Long enough for bytes that do flow on loopback to be seen by mistake. */
  private static final int QUIET_MILLIS = 150;

  private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
  private ServerSocket server;
  private FaultyProxy proxy;

  @BeforeEach
  void start() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    FaultyProxy.daemon("echo", this::acceptAll);
    proxy = FaultyProxy.to("127.0.0.1", server.getLocalPort());
  }

  @AfterEach
  void stop() throws IOException {
    proxy.close();
    server.close();
  }

  private void acceptAll() {
    try {
      while (true) {
        Socket connection = server.accept();
        FaultyProxy.daemon("echo-connection", () -> echo(connection));
      }
    } catch (IOException e) {
      // The test is over.
    }
  }

  private void echo(Socket connection) {
    try (connection) {
      byte[] buffer = new byte[1 << 16];
      int read = connection.getInputStream().read(buffer);
      while (read >= 0) {
        heard.add(new String(buffer, 0, read, StandardCharsets.UTF_8));
        connection.getOutputStream().write(buffer, 0, read);
        read = connection.getInputStream().read(buffer);
      }
      heard.add("closed");
    } catch (IOException e) {
      heard.add("reset");
    }
  }

  private Socket connect() throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), proxy.port());
  }

  private static void send(Socket client, String text) throws IOException {
    client.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String receive(Socket client, int bytes) throws IOException {
    return new String(client.getInputStream().readNBytes(bytes), StandardCharsets.UTF_8);
  }

  private static void assertSilent(Socket client) throws IOException {
    client.setSoTimeout(QUIET_MILLIS);
    assertThatThrownBy(() -> client.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
    client.setSoTimeout(0);
  }

  private String nextHeard() throws InterruptedException {
    return heard.poll(20, TimeUnit.SECONDS);
  }

  @Test
  void pass_carriesBothWays_andTheCloseToo() throws Exception {
    try (Socket client = connect()) {
      send(client, "hello");
      assertThat(receive(client, 5)).isEqualTo("hello");
      assertThat(nextHeard()).isEqualTo("hello");
      assertThat(proxy.open()).isEqualTo(1);

      client.shutdownOutput();

      assertThat(nextHeard()).isEqualTo("closed");
      assertThat(client.getInputStream().read()).isNegative();
    }
    assertThat(proxy.accepted()).isEqualTo(1);
  }

  @Test
  void refuse_resetsWhatIsOpen_andLetsNobodyConnectUntilItPassesAgain() throws Exception {
    try (Socket client = connect()) {
      send(client, "x");
      assertThat(receive(client, 1)).isEqualTo("x");

      proxy.mode(Mode.REFUSE);

      assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
      assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
      proxy.mode(Mode.PASS);
      try (Socket again = connect()) {
        send(again, "back");
        assertThat(receive(again, 4)).isEqualTo("back");
      }
    }
  }

  @Test
  void reset_breaksConnectionsOnBothSides_openOnesAndNewOnes() throws Exception {
    try (Socket client = connect()) {
      send(client, "x");
      assertThat(receive(client, 1)).isEqualTo("x");
      assertThat(nextHeard()).isEqualTo("x");

      proxy.mode(Mode.RESET);

      assertThatThrownBy(() -> client.getInputStream().read())
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
      assertThat(nextHeard()).isEqualTo("reset");
      assertThatThrownBy(
              () -> {
                try (Socket second = connect()) {
                  second.getInputStream().read();
                }
              })
          .isInstanceOf(SocketException.class);
      assertThat(proxy.open()).isZero();
    }
  }

  @Test
  void hang_holdsEverythingBack_andItFlowsOnWhenItPassesAgain() throws Exception {
    try (Socket old = connect()) {
      send(old, "a");
      assertThat(receive(old, 1)).isEqualTo("a");
      assertThat(nextHeard()).isEqualTo("a");

      proxy.mode(Mode.HANG);

      send(old, "b");
      try (Socket fresh = connect()) {
        send(fresh, "c");
        assertSilent(old);
        assertSilent(fresh);
        assertThat(heard).isEmpty();

        proxy.mode(Mode.PASS);

        assertThat(receive(old, 1)).isEqualTo("b");
        assertThat(receive(fresh, 1)).isEqualTo("c");
      }
    }
  }

  @Test
  void hang_endsWithAReset_whenThatIsTheNextMode() throws Exception {
    proxy.mode(Mode.HANG);
    try (Socket client = connect()) {
      send(client, "a");
      assertSilent(client);

      proxy.mode(Mode.RESET);

      assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
      assertThat(heard).isEmpty();
    }
  }

  @Test
  void freezeAnswers_letsRequestsThrough_andKeepsTheirAnswersForLater() throws Exception {
    proxy.mode(Mode.FREEZE_ANSWERS);
    try (Socket client = connect()) {
      send(client, "question");
      assertThat(nextHeard()).isEqualTo("question");
      assertSilent(client);

      proxy.mode(Mode.PASS);

      assertThat(receive(client, 8)).isEqualTo("question");
    }
  }

  @Test
  void dribble_sendsOneByteAtATime_andTheRestAtOnceWhenItPasses() throws Exception {
    proxy.mode(Mode.dribble(Duration.ofHours(1)));
    try (Socket client = connect()) {
      send(client, "answer");
      assertThat(receive(client, 1)).isEqualTo("a");
      assertSilent(client);

      proxy.mode(Mode.dribble(Duration.ofMillis(1)));
      assertThat(receive(client, 2)).isEqualTo("ns");

      proxy.mode(Mode.PASS);
      assertThat(receive(client, 3)).isEqualTo("wer");
    }
  }

  @Test
  void cutAfter_endsTheConnectionInTheMiddleOfAnAnswer() throws Exception {
    try (Socket client = connect()) {
      send(client, "before");
      assertThat(receive(client, 6)).isEqualTo("before");
      assertThat(nextHeard()).isEqualTo("before");

      proxy.mode(Mode.cutAfter(4));
      send(client, "abcdefgh");

      assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("abcd");
      assertThat(nextHeard()).isEqualTo("abcdefgh");
      assertThat(nextHeard()).isEqualTo("reset");
    }
  }

  @Test
  void close_resetsWhatHangs() throws Exception {
    proxy.mode(Mode.HANG);
    try (Socket client = connect()) {
      send(client, "a");
      assertSilent(client);

      proxy.close();

      assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
      assertThatThrownBy(() -> proxy.mode(Mode.PASS)).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void connection_isReset_whenTheServerIsNotThere() throws Exception {
    server.close();
    try (Socket client = connect()) {
      assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
    }
  }
}

package io.promptbeam.outage;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.helpers.MessageFormatter;

class SparseWarningTest {
  private final AtomicLong nanos = new AtomicLong();
  private final List<String> lines = new ArrayList<>();
  private final SparseWarning warning = new SparseWarning(recordingLogger(), nanos::get);

  private Logger recordingLogger() {
    return (Logger)
        Proxy.newProxyInstance(
            Logger.class.getClassLoader(),
            new Class<?>[] {Logger.class},
            (proxy, method, arguments) -> {
              Object[] values = Arrays.copyOfRange(arguments, 1, arguments.length);
              lines.add(MessageFormatter.arrayFormat((String) arguments[0], values).getMessage());
              return null;
            });
  }

  @Test
  void line_isSaidAtOnce_andThenOnceInAWhileWithWhatWasLeftOut() {
    for (int i = 0; i < 1_000; i++) {
      int number = i;
      warning.warn(() -> "failure " + number);
    }
    assertThat(lines).containsExactly("failure 0");

    nanos.addAndGet(TimeUnit.SECONDS.toNanos(10));
    warning.warn(() -> "failure 1000");
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(10));
    warning.warn(() -> "failure 1001");
    assertThat(lines)
        .containsExactly(
            "failure 0", "failure 1000 (999 more since the last line like this)", "failure 1001");
  }

  @Test
  void reason_quotesNoMessageOfOthers() {
    assertThat(SparseWarning.reason(new CompletionException(new TimeoutException("a prompt"))))
        .isEqualTo("TimeoutException");
  }
}

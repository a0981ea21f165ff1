package io.promptbeam.pipeline.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.auth.oauth2.AccessToken;
import io.promptbeam.job.ErrorCodes;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Date;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class GoogleTokensTest {
  private static final Duration LIFE = Duration.ofHours(1);

  private int fetched;
  private Optional<IOException> failure = Optional.empty();
  private final Deque<Runnable> background = new ArrayDeque<>();
  private final SettableClock clock = new SettableClock();
  private final GoogleTokens tokens = new GoogleTokens(this::fetch, clock, background::add);

  private AccessToken fetch() throws IOException {
    if (failure.isPresent()) {
      throw failure.get();
    }
    fetched++;
    return new AccessToken("token-" + fetched, Date.from(clock.instant().plus(LIFE)));
  }

  private void runBackground() {
    while (!background.isEmpty()) {
      background.pop().run();
    }
  }

  private static Map<String, String> bearer(int number) {
    return Map.of("Authorization", "Bearer token-" + number);
  }

  @Test
  void headers_comeOnceTheFirstTokenIsThere_andItIsFetchedOnce() {
    CompletableFuture<Map<String, String>> first = tokens.headers();
    CompletableFuture<Map<String, String>> second = tokens.headers();
    assertThat(first).isNotDone();
    assertThat(background).hasSize(1);

    runBackground();

    assertThat(first).isCompletedWithValue(bearer(1));
    assertThat(second).isCompletedWithValue(bearer(1));
    assertThat(tokens.headers()).isCompletedWithValue(bearer(1));
    assertThat(tokens.secrets()).contains("token-1");
    assertThat(fetched).isEqualTo(1);
  }

  @Test
  void token_isRenewedBeforeItExpires_whileCallsGoOn() {
    assertThat(tokens.headers()).isNotDone();
    runBackground();
    clock.advance(LIFE.minus(Duration.ofMinutes(4)));

    assertThat(tokens.headers()).isCompletedWithValue(bearer(1));
    assertThat(background).hasSize(1);
    runBackground();

    assertThat(tokens.headers()).isCompletedWithValue(bearer(2));
    assertThat(background).isEmpty();
  }

  @Test
  void callsWait_whenTheTokenHasExpired() {
    assertThat(tokens.headers()).isNotDone();
    runBackground();
    clock.advance(LIFE);

    CompletableFuture<Map<String, String>> headers = tokens.headers();
    assertThat(headers).isNotDone();
    runBackground();
    assertThat(headers).isCompletedWithValue(bearer(2));
  }

  @Test
  void presentToken_isUsedOn_whenRenewingFails_andRenewingPauses() {
    assertThat(tokens.headers()).isNotDone();
    runBackground();
    clock.advance(LIFE.minus(Duration.ofMinutes(4)));
    failure = Optional.of(new IOException("token-1 is secret"));

    assertThat(tokens.headers()).isCompletedWithValue(bearer(1));
    runBackground();
    assertThat(tokens.headers()).isCompletedWithValue(bearer(1));
    assertThat(background).isEmpty();

    clock.advance(Duration.ofSeconds(11));
    assertThat(tokens.headers()).isCompletedWithValue(bearer(1));
    assertThat(background).hasSize(1);
  }

  @Test
  void call_fails_withoutTheReasonsText_whenThereAreNoCredentials() {
    failure = Optional.of(new IOException("key file says secret"));
    CompletableFuture<Map<String, String>> headers = tokens.headers();
    runBackground();
    assertThatThrownBy(headers::join)
        .cause()
        .isInstanceOf(LlmException.Permanent.class)
        .hasMessageContaining(ErrorCodes.PROVIDER_AUTH)
        .hasMessageNotContaining("secret");
    failure = Optional.empty();
    CompletableFuture<Map<String, String>> next = tokens.headers();
    runBackground();
    assertThat(next).isCompletedWithValue(bearer(1));
  }

  @Test
  void refusedToken_isReplaced() {
    assertThat(tokens.headers()).isNotDone();
    runBackground();
    assertThat(tokens.refused()).isTrue();
    CompletableFuture<Map<String, String>> headers = tokens.headers();
    assertThat(headers).isNotDone();
    runBackground();
    assertThat(headers).isCompletedWithValue(bearer(2));

    assertThat(tokens.refused()).isTrue();
    assertThat(tokens.headers()).as("not again at once").isCompletedWithValue(bearer(2));
  }
}

package io.promptbeam.pipeline.llm;

import com.google.auth.Retryable;
import com.google.auth.oauth2.AccessToken;
import com.google.auth.oauth2.GoogleCredentials;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobError;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * OAuth tokens of Google, for all Vertex AI models of a worker. A token is fetched on the executor
 * when the first call wants one, and the next well before it expires, while calls go on with the
 * present one. Thread-safe.
 */
final class GoogleTokens implements Credentials {
  private static final String SCOPE = "https://www.googleapis.com/auth/cloud-platform";

  /** Longer than a call may wait for its connection. Google's own tokens live for an hour. */
  private static final Duration EARLY = Duration.ofMinutes(5);

  /** After a failed renewal while the present token still holds, and between refused tokens. */
  private static final Duration PAUSE = Duration.ofSeconds(10);

  private final Source source;
  private final Clock clock;
  private final Executor executor;
  private @Nullable Token token;
  private @Nullable CompletableFuture<Map<String, String>> fetching;
  private Instant notBefore = Instant.MIN;
  private Instant keepUntil = Instant.MIN;

  /** Where tokens come from. */
  interface Source {
    /** Fetches a new one. May block. */
    AccessToken fetch() throws IOException;
  }

  private record Token(String value, Instant expiresAt, Map<String, String> headers) {
    boolean holdsFor(Duration time, Instant now) {
      return now.plus(time).isBefore(expiresAt);
    }
  }

  GoogleTokens(Source source, Clock clock, Executor executor) {
    this.source = source;
    this.clock = clock;
    this.executor = executor;
  }

  /**
   * The application default credentials of this machine, looked for when the first token is wanted.
   */
  static Source applicationDefault() {
    return new Source() {
      private @Nullable GoogleCredentials credentials;

      @Override
      public synchronized AccessToken fetch() throws IOException {
        if (credentials == null) {
          credentials = GoogleCredentials.getApplicationDefault().createScoped(SCOPE);
        }
        return credentials.refreshAccessToken();
      }
    };
  }

  @Override
  public synchronized CompletableFuture<Map<String, String>> headers() {
    Instant now = clock.instant();
    Token present = token;
    if (present == null || !present.holdsFor(Duration.ZERO, now)) {
      return fetch();
    }
    if (!present.holdsFor(EARLY, now) && now.isAfter(notBefore)) {
      var unused = fetch();
    }
    return CompletableFuture.completedFuture(present.headers());
  }

  private CompletableFuture<Map<String, String>> fetch() {
    var running = fetching;
    if (running == null) {
      running = new CompletableFuture<>();
      fetching = running;
      var result = running;
      executor.execute(() -> fetchNow(result));
    }
    return running;
  }

  private void fetchNow(CompletableFuture<Map<String, String>> result) {
    try {
      AccessToken fetched = source.fetch();
      Instant expires =
          fetched.getExpirationTime() == null
              ? clock.instant().plus(EARLY).plus(EARLY)
              : fetched.getExpirationTime().toInstant();
      String value = fetched.getTokenValue();
      var next = new Token(value, expires, Map.of("Authorization", "Bearer " + value));
      synchronized (this) {
        token = next;
        fetching = null;
      }
      result.complete(next.headers());
    } catch (IOException | RuntimeException | Error e) {
      synchronized (this) {
        fetching = null;
        notBefore = clock.instant().plus(PAUSE);
      }
      result.completeExceptionally(unavailable(e));
    }
  }

  /** Without the exception's text, which may quote a token or a key file. */
  private static LlmException unavailable(Throwable failure) {
    boolean passing = failure instanceof Retryable known && known.isRetryable();
    return passing
        ? new LlmException.Unreachable(
            JobError.of(ErrorCodes.CONNECTION, "Google gave no token for the call; it may later"))
        : new LlmException.Permanent(
            JobError.of(
                ErrorCodes.PROVIDER_AUTH,
                "there is no Google token for the call; the operator must check the application"
                    + " default credentials of the workers"));
  }

  @Override
  public synchronized List<String> secrets() {
    return Optional.ofNullable(token).map(Token::value).stream().toList();
  }

  @Override
  public String remedy() {
    return "the application default credentials of the workers, and their right to use the model";
  }

  /** The next call fetches another token, unless that was tried a moment ago. */
  @Override
  public synchronized boolean refused() {
    Instant now = clock.instant();
    if (!now.isBefore(keepUntil)) {
      token = null;
      keepUntil = now.plus(PAUSE);
    }
    return true;
  }
}

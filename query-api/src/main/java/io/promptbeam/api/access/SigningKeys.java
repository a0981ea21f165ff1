package io.promptbeam.api.access;

import com.github.benmanes.caffeine.cache.Ticker;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSetUnavailableException;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import java.io.IOException;
import java.text.ParseException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys a signer publishes, as last fetched. A key that is known is given whatever becomes of
 * the next fetch, for {@link #KEPT_IN_OUTAGE}; that a key does not exist is said only by keys not
 * older than {@link #KEPT}. Thread-safe; blocks one caller while keys are fetched, and a bounded
 * number of others whose key is not known.
 */
final class SigningKeys implements JWKSource<SecurityContext> {
  /** Reads the signer's page. */
  @FunctionalInterface
  interface Page {
    JWKSet fetch() throws IOException, ParseException;
  }

  static final Duration KEPT = Duration.ofMinutes(15);
  static final Duration KEPT_IN_OUTAGE = Duration.ofHours(12);

  /** Tokens that name unknown keys do not make us ask more often. */
  static final Duration FETCH_INTERVAL = Duration.ofSeconds(30);

  /** The same while there are no keys and nobody can come in. */
  static final Duration FIRST_FETCH_INTERVAL = Duration.ofSeconds(2);

  private static final Duration LONGEST_WAIT = Duration.ofSeconds(6);
  private static final int MAX_WAITING = 32;

  private static final Logger log = LoggerFactory.getLogger(SigningKeys.class);

  private record Fetched(JWKSet keys, long askedAtNanos) {}

  private final Page page;
  private final Ticker ticker;
  private final ReentrantLock fetching = new ReentrantLock();
  private final Semaphore waiting = new Semaphore(MAX_WAITING);
  private volatile Optional<Fetched> last = Optional.empty();
  private volatile long nextFetchNanos;

  SigningKeys(Page page, Ticker ticker) {
    this.page = page;
    this.ticker = ticker;
    nextFetchNanos = ticker.read();
  }

  /**
   * Empty when the signer has no such key.
   *
   * @throws JWKSetUnavailableException when that cannot be told
   */
  @Override
  public List<JWK> get(JWKSelector selector, @Nullable SecurityContext context)
      throws KeySourceException {
    // Read before the keys: what a fetch found is there when it makes the next one wait.
    boolean due = isDue();
    Optional<Fetched> fetched = last;
    List<JWK> known = known(fetched, selector);
    if (due && (known.isEmpty() || !isFresh(fetched))) {
      if (known.isEmpty()) {
        fetchInTurn();
      } else if (fetching.tryLock()) {
        fetchAndUnlock();
      }
      fetched = last;
      known = known(fetched, selector);
    }
    if (known.isEmpty() && !isFresh(fetched)) {
      throw new JWKSetUnavailableException("no keys, or none that are new enough");
    }
    return known;
  }

  private List<JWK> known(Optional<Fetched> fetched, JWKSelector selector) {
    return fetched
        .filter(this::isUsable)
        .map(usable -> selector.select(usable.keys()))
        .orElse(List.of());
  }

  private boolean isUsable(Fetched fetched) {
    return isYounger(fetched, KEPT_IN_OUTAGE);
  }

  private boolean isFresh(Optional<Fetched> fetched) {
    return fetched.filter(keys -> isYounger(keys, KEPT)).isPresent();
  }

  private boolean isYounger(Fetched fetched, Duration age) {
    return ticker.read() - fetched.askedAtNanos() < age.toNanos();
  }

  private boolean isDue() {
    return ticker.read() - nextFetchNanos >= 0;
  }

  /** Strangers can name unknown keys, so those who wait for a slow page must not be all threads. */
  private void fetchInTurn() throws KeySourceException {
    if (!waiting.tryAcquire()) {
      throw new JWKSetUnavailableException("too many wait for the keys");
    }
    try {
      if (!fetching.tryLock(LONGEST_WAIT.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new JWKSetUnavailableException("the keys are still being fetched");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new JWKSetUnavailableException("stopped while the keys were fetched", e);
    } finally {
      waiting.release();
    }
    fetchAndUnlock();
  }

  private void fetchAndUnlock() {
    try {
      if (isDue()) {
        fetch();
      }
    } finally {
      fetching.unlock();
    }
  }

  private void fetch() {
    long askedAtNanos = ticker.read();
    try {
      JWKSet keys = page.fetch();
      if (keys.isEmpty()) {
        throw new IOException("no keys on the page");
      }
      last = Optional.of(new Fetched(keys, askedAtNanos));
    } catch (IOException | ParseException | RuntimeException e) {
      log.warn("signing keys cannot be fetched: {}", e.getMessage());
    } finally {
      boolean none = last.filter(this::isUsable).isEmpty();
      nextFetchNanos = ticker.read() + (none ? FIRST_FETCH_INTERVAL : FETCH_INTERVAL).toNanos();
    }
  }
}

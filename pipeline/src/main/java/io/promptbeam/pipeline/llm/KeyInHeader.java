package io.promptbeam.pipeline.llm;

import io.promptbeam.catalog.SecretReference;
import io.promptbeam.catalog.SecretResolver;
import io.promptbeam.catalog.SecretUnavailableException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A key behind a reference, sent in one header. When the provider refuses it, it is read again in
 * the background, so that a rotated key is taken over without a restart. Thread-safe.
 */
final class KeyInHeader implements Credentials {
  /**
   * A key that was read again and is the same is believed wrong for as long; and as long after
   * another was found, calls that are refused had the one before.
   */
  private static final Duration PAUSE = Duration.ofSeconds(60);

  private static final Logger LOG = LoggerFactory.getLogger(KeyInHeader.class);

  private final String header;
  private final String prefix;
  private final SecretReference reference;
  private final SecretResolver secrets;
  private final Clock clock;
  private final Executor background;
  private volatile Key key;
  private boolean reading;
  private Instant wrongUntil = Instant.MIN;
  private Instant changingUntil = Instant.MIN;

  private record Key(
      String secret, Optional<String> before, CompletableFuture<Map<String, String>> headers) {}

  /**
   * Reads the key now.
   *
   * @throws SecretUnavailableException when it cannot be read
   */
  KeyInHeader(
      String header,
      String prefix,
      SecretReference reference,
      SecretResolver secrets,
      Clock clock,
      Executor background) {
    this.header = header;
    this.prefix = prefix;
    this.reference = reference;
    this.secrets = secrets;
    this.clock = clock;
    this.background = background;
    this.key = key(secrets.resolve(reference), Optional.empty());
  }

  private Key key(String secret, Optional<String> before) {
    return new Key(
        secret, before, CompletableFuture.completedFuture(Map.of(header, prefix + secret)));
  }

  @Override
  public CompletableFuture<Map<String, String>> headers() {
    return key.headers();
  }

  @Override
  public List<String> secrets() {
    Key present = key;
    return present
        .before()
        .map(old -> List.of(present.secret(), old))
        .orElse(List.of(present.secret()));
  }

  @Override
  public String remedy() {
    return "the key that its api_key refers to";
  }

  /** The environment of a process does not change; anything else is read again. */
  @Override
  public boolean refused() {
    if (reference instanceof SecretReference.Env) {
      return false;
    }
    synchronized (this) {
      Instant now = clock.instant();
      if (now.isBefore(wrongUntil)) {
        return false;
      }
      if (reading || now.isBefore(changingUntil)) {
        return true;
      }
      reading = true;
    }
    background.execute(this::readAgain);
    return true;
  }

  private void readAgain() {
    boolean found = false;
    try {
      String secret = secrets.resolveAfresh(reference);
      found = !secret.equals(key.secret());
      if (found) {
        key = key(secret, Optional.of(key.secret()));
        LOG.info("{} holds another key than before; it is used from now on", reference.text());
      }
    } catch (SecretUnavailableException e) {
      LOG.warn("a provider refused a key, and another cannot be read: {}", e.getMessage());
    } finally {
      synchronized (this) {
        reading = false;
        Instant until = clock.instant().plus(PAUSE);
        wrongUntil = found ? Instant.MIN : until;
        changingUntil = found ? until : Instant.MIN;
      }
    }
  }
}

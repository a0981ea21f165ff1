package io.promptbeam.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Reads the secret behind a reference. Blocks on the file system, or on the network for Secret
 * Manager. Thread-safe.
 */
public final class SecretResolver {
  private static final int MAX_SECRET_BYTES = 16 * 1024;

  /** Webhooks ask for their secret at every delivery, and reading one costs money and time. */
  private static final Duration FRESH = Duration.ofSeconds(30);

  private final Function<String, Optional<String>> environment;
  private final SecretVault vault;
  private final LongSupplier ticker;
  private final Map<SecretReference, Read> recent = new ConcurrentHashMap<>();

  private record Read(String value, long atNanos) {}

  /**
   * Reads Secret Manager with the credentials of the environment.
   *
   * @param environment the value of a variable, empty when it is not set
   */
  public SecretResolver(Function<String, Optional<String>> environment) {
    this(environment, GoogleSecretVault.OF_PROCESS, System::nanoTime);
  }

  SecretResolver(
      Function<String, Optional<String>> environment, SecretVault vault, LongSupplier ticker) {
    this.environment = environment;
    this.vault = vault;
    this.ticker = ticker;
  }

  /** Reads this process's environment. */
  public static SecretResolver ofProcess() {
    return new SecretResolver(name -> Optional.ofNullable(System.getenv(name)));
  }

  /**
   * The secret, in printable ASCII as an HTTP header needs it; one of Secret Manager as it was at
   * most 30 seconds ago.
   *
   * @throws SecretUnavailableException when there is none, or it cannot be a key
   */
  public String resolve(SecretReference reference) {
    String value = read(reference).strip();
    if (value.isEmpty()) {
      throw new SecretUnavailableException(reference, "is empty; put the key there");
    }
    if (!value.chars().allMatch(c -> c > ' ' && c < 0x7F)) {
      throw new SecretUnavailableException(
          reference, "holds white space or characters that no key has; store only the key there");
    }
    return value;
  }

  /**
   * {@link #resolve}, but as the secret is now.
   *
   * @throws SecretUnavailableException when there is none, or it cannot be a key
   */
  public String resolveAfresh(SecretReference reference) {
    recent.remove(reference);
    return resolve(reference);
  }

  private String read(SecretReference reference) {
    if (reference instanceof SecretReference.Env env) {
      return environment
          .apply(env.name())
          .orElseThrow(
              () ->
                  new SecretUnavailableException(
                      reference, "is not set; set it in this process's environment"));
    }
    if (reference instanceof SecretReference.File file) {
      return readFile(file);
    }
    return fromVault((SecretReference.SecretManager) reference);
  }

  private static String readFile(SecretReference.File file) {
    try (InputStream in = Files.newInputStream(Path.of(file.path()))) {
      return text(file, in.readNBytes(MAX_SECRET_BYTES + 1));
    } catch (IOException | InvalidPathException e) {
      throw new SecretUnavailableException(
          file, "cannot be read; check that the file exists and this process may read it");
    }
  }

  private String fromVault(SecretReference.SecretManager reference) {
    Read before = recent.get(reference);
    if (before != null && ticker.getAsLong() - before.atNanos() < FRESH.toNanos()) {
      return before.value();
    }
    String value = text(reference, vault.read(reference));
    recent.put(reference, new Read(value, ticker.getAsLong()));
    return value;
  }

  private static String text(SecretReference reference, byte[] content) {
    if (content.length > MAX_SECRET_BYTES) {
      throw new SecretUnavailableException(
          reference, "is too big for a key; store the key by itself");
    }
    return new String(content, StandardCharsets.UTF_8);
  }
}

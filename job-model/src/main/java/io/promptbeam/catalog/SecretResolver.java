package io.promptbeam.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/** Reads the secret behind a reference. Blocks on the file system. */
public final class SecretResolver {
  private static final int MAX_SECRET_BYTES = 16 * 1024;

  private final Function<String, Optional<String>> environment;

  /**
   * @param environment the value of a variable, empty when it is not set
   */
  public SecretResolver(Function<String, Optional<String>> environment) {
    this.environment = environment;
  }

  /** Reads this process's environment. */
  public static SecretResolver ofProcess() {
    return new SecretResolver(name -> Optional.ofNullable(System.getenv(name)));
  }

  /**
   * The secret, in printable ASCII as an HTTP header needs it.
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
    throw new SecretUnavailableException(
        reference, "cannot be read: Secret Manager is not supported yet; use env: or file:");
  }

  private static String readFile(SecretReference.File file) {
    try (InputStream in = Files.newInputStream(Path.of(file.path()))) {
      byte[] content = in.readNBytes(MAX_SECRET_BYTES + 1);
      if (content.length > MAX_SECRET_BYTES) {
        throw new SecretUnavailableException(file, "is too big for a key; name the key's own file");
      }
      return new String(content, StandardCharsets.UTF_8);
    } catch (IOException | InvalidPathException e) {
      throw new SecretUnavailableException(
          file, "cannot be read; check that the file exists and this process may read it");
    }
  }
}

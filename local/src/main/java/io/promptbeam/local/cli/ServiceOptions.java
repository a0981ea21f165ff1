package io.promptbeam.local.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which service a client verb talks to, and as whom. */
final class ServiceOptions {
  static final String DEFAULT_URL = "http://127.0.0.1:8080";

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "The service. Default: $PROMPTBEAM_URL, else " + DEFAULT_URL + ".")
  private Optional<String> url = Optional.empty();

  @Option(
      names = "--api-key",
      paramLabel = "KEY",
      description =
          "env:NAME or file:PATH, so that the key is not on a command line; or the key itself. "
              + "Default: $PROMPTBEAM_API_KEY, else none.")
  private Optional<String> apiKey = Optional.empty();

  ServiceClient client(Terminal terminal) {
    Optional<String> key = key(terminal);
    // The HTTP client would quote it in its refusal.
    if (key.isPresent() && !key.get().chars().allMatch(c -> c > ' ' && c < 0x7F)) {
      throw CliException.usage(
          "the API key holds white space or characters that no key has; give only the key");
    }
    return new ServiceClient(baseUrl(terminal), key);
  }

  private URI baseUrl(Terminal terminal) {
    String text =
        url.or(() -> Optional.ofNullable(terminal.environment().get("PROMPTBEAM_URL")))
            .filter(given -> !given.isBlank())
            .orElse(DEFAULT_URL);
    try {
      URI uri = URI.create(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
      if (uri.getHost() != null
          && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // Said below, in our words.
    }
    throw CliException.usage("not a service URL: '" + text + "'. Give one like " + DEFAULT_URL);
  }

  private Optional<String> key(Terminal terminal) {
    if (apiKey.isEmpty()) {
      return Optional.ofNullable(terminal.environment().get("PROMPTBEAM_API_KEY"))
          .filter(key -> !key.isBlank());
    }
    String given = apiKey.get();
    if (given.startsWith("env:")) {
      String name = given.substring("env:".length());
      String value = terminal.environment().get(name);
      if (value == null || value.isBlank()) {
        throw CliException.usage("--api-key names the variable " + name + ", which is not set");
      }
      return Optional.of(value.strip());
    }
    if (given.startsWith("file:")) {
      Path file = Path.of(given.substring("file:".length()));
      try {
        return Optional.of(Files.readString(file).strip());
      } catch (IOException e) {
        throw CliException.usage("--api-key names the file " + file + ", which cannot be read");
      }
    }
    return Optional.of(given);
  }
}

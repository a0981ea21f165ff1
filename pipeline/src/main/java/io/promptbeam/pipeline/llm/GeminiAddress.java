package io.promptbeam.pipeline.llm;

import java.net.URI;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where a Gemini model is called.
 *
 * @param whole for an answer at once
 * @param streamed for an answer in pieces
 */
record GeminiAddress(URI whole, URI streamed) {
  private static final URI DEFAULT_BASE_URL =
      URI.create("https://generativelanguage.googleapis.com");
  private static final Pattern NOT_OF_A_PATH = Pattern.compile("[^A-Za-z0-9._~@/-]");
  private static final String GLOBAL = "global";

  /** The Gemini API, called with a key. */
  static GeminiAddress ofApi(Optional<URI> baseUrl, String model) {
    URI base = baseUrl.orElse(DEFAULT_BASE_URL);
    String version = base.toString().replaceFirst("/+$", "").endsWith("/v1") ? "/v1" : "/v1beta";
    return of(base, version, "/models/" + bare(model));
  }

  /**
   * Vertex AI, called with Google credentials.
   *
   * @param baseUrl in the place of Google's own host
   */
  static GeminiAddress ofVertex(
      Optional<URI> baseUrl, String project, String location, String model) {
    String host = location.equals(GLOBAL) ? "" : location + "-";
    URI base = baseUrl.orElseGet(() -> URI.create("https://" + host + "aiplatform.googleapis.com"));
    return of(
        base,
        "/v1",
        "/projects/"
            + project
            + "/locations/"
            + location
            + "/publishers/google/models/"
            + bare(model));
  }

  private static GeminiAddress of(URI base, String version, String resource) {
    return new GeminiAddress(
        Requests.below(base, version, resource + ":generateContent"),
        Requests.below(base, version, resource + ":streamGenerateContent?alt=sse"));
  }

  /** The API's own lists name models with the collection they are in. */
  private static String bare(String model) {
    String name = model.startsWith("models/") ? model.substring("models/".length()) : model;
    return NOT_OF_A_PATH
        .matcher(name)
        .replaceAll(found -> "%%%02X".formatted((int) found.group().charAt(0)));
  }
}

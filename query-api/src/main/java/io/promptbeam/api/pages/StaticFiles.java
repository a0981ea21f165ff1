package io.promptbeam.api.pages;

import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.EntityTag;
import io.promptbeam.api.http.Handler;
import io.promptbeam.api.http.Problems;
import io.promptbeam.job.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * A set of files of the class path, each named beforehand: nothing else can be asked for, whatever
 * a path says. Held in memory; immutable.
 *
 * <p>The set has a {@link #version}, made of its contents. A page names it where it writes {@code
 * {version}}, as in {@code <script src="/docs/docs.js?v={version}">}: what is asked for with the
 * present version may be kept for a year, everything else is to be asked for each time and is then
 * mostly answered 304.
 */
public final class StaticFiles {
  private static final String KEEP = "public, max-age=31536000, immutable";
  private static final String ASK = "no-cache";
  private static final String PLACEHOLDER = "{version}";
  private static final int VERSION_LENGTH = 12;

  private final String version;
  private final Map<String, StaticFile> files;

  private StaticFiles(Map<String, byte[]> contents) {
    version = versionOf(contents);
    files = new TreeMap<>();
    contents.forEach((name, bytes) -> files.put(name, StaticFile.of(name, filledIn(name, bytes))));
  }

  /**
   * Reads them now.
   *
   * @param resources path on the class path, by the name callers use; a name's ending says what
   *     type a file is of
   * @throws IllegalStateException when one is not there
   */
  public static StaticFiles of(Map<String, String> resources) {
    Map<String, byte[]> contents = new TreeMap<>();
    resources.forEach((name, path) -> contents.put(name, read(path)));
    return new StaticFiles(contents);
  }

  /** Those of one folder of the class path, such as {@code console}, under their own names. */
  public static StaticFiles in(String folder, Collection<String> names) {
    Map<String, String> resources = new TreeMap<>();
    names.forEach(name -> resources.put(name, folder + "/" + name));
    return of(resources);
  }

  private static byte[] read(String path) {
    try (InputStream in = StaticFiles.class.getClassLoader().getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException("there is no " + path + " on the class path");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String versionOf(Map<String, byte[]> contents) {
    StringBuilder all = new StringBuilder();
    contents.forEach((name, bytes) -> all.append(name).append(' ').append(Sha256.hex(bytes)));
    byte[] hash = Sha256.of(all.toString().getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(hash).substring(0, VERSION_LENGTH);
  }

  private byte[] filledIn(String name, byte[] bytes) {
    return name.endsWith(".html")
        ? new String(bytes, StandardCharsets.UTF_8)
            .replace(PLACEHOLDER, version)
            .getBytes(StandardCharsets.UTF_8)
        : bytes;
  }

  public String version() {
    return version;
  }

  public Set<String> names() {
    return files.keySet();
  }

  /** Answers with one file. */
  public Handler file(String name) {
    if (!files.containsKey(name)) {
      throw new IllegalArgumentException("no file " + name);
    }
    return named(request -> name);
  }

  /**
   * Answers with the file a request names; 404 where it is none of these.
   *
   * @param nameOf such as {@code request -> request.pathValue("file")}
   */
  public Handler named(Function<ApiRequest, String> nameOf) {
    return (ApiRequest request, Caller caller) ->
        CompletableFuture.completedFuture(answer(request, nameOf.apply(request)));
  }

  private ApiResponse answer(ApiRequest request, String name) {
    StaticFile file = files.get(name);
    if (file == null) {
      throw Problems.notFound().asException();
    }
    boolean keep = request.query().getOrDefault("v", List.of()).contains(version);
    ApiResponse answer = file.answer(request).with("Cache-Control", keep ? KEEP : ASK);
    return request
            .header("If-None-Match")
            .filter(known -> EntityTag.matches(known, file.tag()))
            .isPresent()
        ? answer.notModified()
        : answer;
  }
}

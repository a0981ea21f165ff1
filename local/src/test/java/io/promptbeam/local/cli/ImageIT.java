package io.promptbeam.local.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptbeam.local.bigtable.EmbeddedBigtable;
import io.promptbeam.local.pubsub.EmbeddedPubsub;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The service's image without a container: the files that its Dockerfile copies, and no others,
 * started as its Dockerfile says, by a user who can write nothing there.
 */
@Timeout(240)
class ImageIT {
  private static final Path CHECKOUT = Path.of("..");
  private static final ObjectMapper JSON = new ObjectMapper();

  /** 128 + SIGTERM, as supervisors expect of a process that they ended. */
  private static final int TERMINATED = 143;

  private final HttpClient http = HttpClient.newHttpClient();
  private final Path root;

  ImageIT(@TempDir Path root) {
    this.root = root;
  }

  @Test
  void service_worksAndEndsWhenTold_fromTheImagesFilesOnly() throws Exception {
    Dockerfile image = Dockerfile.read(CHECKOUT.resolve("query-api/Dockerfile"));
    image.copy(CHECKOUT, root);
    assertThat(libraries())
        .noneMatch(name -> name.startsWith("beam-") || name.contains("emulator"))
        .anyMatch(name -> name.startsWith("google-cloud-bigtable-"));
    int port = freePort();
    try (EmbeddedBigtable bigtable = EmbeddedBigtable.start();
        EmbeddedPubsub pubsub = EmbeddedPubsub.start()) {
      ProcessBuilder container = new ProcessBuilder(command(image));
      container.directory(root.resolve("app").toFile());
      container.environment().clear();
      container.environment().putAll(image.environment());
      container.environment().put("PORT", String.valueOf(port));
      container.environment().put("BIGTABLE_EMULATOR_HOST", bigtable.hostAndPort());
      container.environment().put("PUBSUB_EMULATOR_HOST", pubsub.hostAndPort());
      try (Program service = Program.start(container)) {
        service.awaitOutput("Listening on http://127.0.0.1:" + port);
        exercise(URI.create("http://127.0.0.1:" + port));
        URI admin = URI.create(service.awaitOutput("Metrics: (http\\S+)/metrics").group(1));
        assertThat(get(admin, "/metrics").body())
            .contains("promptbeam_http_requests_total", "jvm_memory_used_bytes");
        assertThat(get(admin, "/readyz").statusCode()).isEqualTo(200);
        service.terminate();
        assertThat(service.exitStatus()).isEqualTo(TERMINATED);
        assertThat(service.errorOutput()).contains("Stopping");
        assertThat(logged(service.errorOutput())).isNotEmpty();
      }
    }
  }

  @Test
  void image_runsAsNobodyInParticular() throws Exception {
    Dockerfile image = Dockerfile.read(CHECKOUT.resolve("query-api/Dockerfile"));
    assertThat(image.one("USER")).matches("[1-9][0-9]{4,}:[1-9][0-9]{4,}");
    assertThat(image.exec("CMD")).containsExactly("--host=0.0.0.0");
    assertThat(image.all("ADD")).isEmpty();
    assertThat(image.all("RUN")).isEmpty();
  }

  /** What the entry point says, with the image's root where it was copied to. */
  private List<String> command(Dockerfile image) throws IOException {
    List<String> command = new ArrayList<>();
    if (System.getProperty("user.name").equals("root")
        && Files.isExecutable(Path.of("/usr/bin/setpriv"))) {
      String[] ids = image.one("USER").split(":", 2);
      command.addAll(
          List.of("/usr/bin/setpriv", "--reuid=" + ids[0], "--regid=" + ids[1], "--clear-groups"));
      Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    for (String word : image.exec("ENTRYPOINT")) {
      command.add(word.replace("/app/", root.resolve("app") + "/"));
    }
    command.set(command.indexOf("java"), ProcessHandle.current().info().command().orElse("java"));
    command.add("--host=127.0.0.1");
    command.add("--admin-port=0");
    return command;
  }

  /** Store, publisher, schema checks and uploads: each wants libraries of its own. */
  private void exercise(URI service) throws Exception {
    assertThat(get(service, "/livez").statusCode()).isEqualTo(200);
    assertThat(get(service, "/readyz").statusCode()).isEqualTo(200);
    HttpResponse<String> submitted =
        post(
            service,
            "/api/llm/jobs/submit/",
            "application/json",
            """
            {"model_id": "demo", "full_input": "Why?",
             "output_schema": {"type": "object", "properties": {"a": {"type": "string"}}}}
            """);
    assertThat(submitted.statusCode()).as(submitted.body()).isEqualTo(202);
    String id = JSON.readTree(submitted.body()).path("job_id").asText();
    HttpResponse<String> status = get(service, "/api/llm/jobs/" + id + "/status/");
    assertThat(JSON.readTree(status.body()).path("status").asText()).isEqualTo("pending");
    String upload =
        String.join(
            "\r\n",
            "--b",
            "Content-Disposition: form-data; name=\"purpose\"",
            "",
            "batch",
            "--b",
            "Content-Disposition: form-data; name=\"file\"; filename=\"f.jsonl\"",
            "",
            "{\"custom_id\": \"1\"}",
            "--b--",
            "");
    HttpResponse<String> file =
        post(service, "/v1/files", "multipart/form-data; boundary=b", upload);
    assertThat(file.statusCode()).as(file.body()).isEqualTo(200);
  }

  /** The lines that are objects; the others are those that a person reads. */
  private static List<String> logged(String errors) throws IOException {
    List<String> messages = new ArrayList<>();
    for (String line : errors.lines().filter(l -> l.startsWith("{")).toList()) {
      var read = JSON.readTree(line);
      assertThat(read.path("severity").asText()).as(line).isIn("INFO", "WARNING");
      messages.add(read.path("message").asText());
    }
    assertThat(errors).doesNotContain("NoClassDefFoundError", "ClassNotFoundException");
    return messages;
  }

  private List<String> libraries() throws IOException {
    try (Stream<Path> files = Files.list(root.resolve("app/lib"))) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket any = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return any.getLocalPort();
    }
  }

  private HttpResponse<String> get(URI service, String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(service.resolve(path)).build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> post(URI service, String path, String type, String body)
      throws Exception {
    return http.send(
        HttpRequest.newBuilder(service.resolve(path))
            .header("Content-Type", type)
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }
}

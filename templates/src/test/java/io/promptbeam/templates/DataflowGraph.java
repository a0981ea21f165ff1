package io.promptbeam.templates;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.beam.sdk.util.SerializableUtils;
import org.apache.beam.sdk.util.StringUtils;

/** The job that a launch would send to Dataflow, made without a cloud. */
record DataflowGraph(JsonNode job) {
  /** What a launch on Dataflow gives besides the template's own parameters, and no cloud. */
  static List<String> launch(Path folder, Map<String, String> parameters, String... more)
      throws IOException {
    Path staged = Files.writeString(folder.resolve("staged.txt"), "nothing");
    List<String> args =
        new ArrayList<>(
            List.of(
                "--runner=DataflowRunner",
                "--project=demo-project",
                "--region=us-central1",
                "--gcpTempLocation=gs://my-bucket/tmp",
                "--stagingLocation=gs://my-bucket/staging/",
                "--pathValidatorClass="
                    + "org.apache.beam.sdk.extensions.gcp.storage.NoopPathValidator",
                "--credentialFactoryClass="
                    + "org.apache.beam.sdk.extensions.gcp.auth.NoopCredentialFactory",
                "--stagerClass=" + NoStager.class.getName(),
                "--filesToStage=" + staged,
                "--templateLocation=" + output(folder)));
    parameters.forEach((name, value) -> args.add("--" + name + "=" + value));
    args.addAll(List.of(more));
    return args;
  }

  static DataflowGraph of(Template template, Path folder, String... more) throws IOException {
    List<String> all = new ArrayList<>(List.of(more));
    if (template.mode() == Template.Mode.STREAMING) {
      all.add("--enableStreamingEngine=true");
    }
    template
        .launcher()
        .launch(
            launch(folder, template.example(), all.toArray(new String[0])).toArray(new String[0]));
    return written(folder);
  }

  static DataflowGraph written(Path folder) throws IOException {
    return new DataflowGraph(new ObjectMapper().readTree(output(folder).toFile()));
  }

  String type() {
    return job.path("type").asText();
  }

  /** In the alphabet's order: an update does not care for theirs. */
  List<String> stepNames() {
    Stream<JsonNode> steps = StreamSupport.stream(job.path("steps").spliterator(), false);
    return steps
        .map(step -> step.path("properties").path("user_name").path("value").asText())
        .sorted()
        .toList();
  }

  String text() {
    return job.toString();
  }

  /** The functions in it, out of the packing in which no text would be found. */
  String functions() throws IOException {
    ByteArrayOutputStream unpacked = new ByteArrayOutputStream();
    for (String packed : job.findValuesAsText("value")) {
      if (packed.startsWith("%82SNAPPY")) {
        Object function =
            SerializableUtils.deserializeFromByteArray(
                StringUtils.jsonStringToByteArray(packed), "a function");
        try (ObjectOutputStream out = new ObjectOutputStream(unpacked)) {
          out.writeObject(function);
        }
      }
    }
    return unpacked.toString(StandardCharsets.ISO_8859_1);
  }

  private static Path output(Path folder) {
    return folder.resolve("job.json").toAbsolutePath();
  }
}

package io.promptbeam.local.stack;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.FileId;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.store.FileUpload;
import io.promptbeam.submit.SubmissionParser;
import io.promptbeam.submit.SubmitOutcome;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Jobs and batches for a stack, of the model {@code m} and the local owner. */
record Work(Stack stack, ModelCatalog models) {
  /** A batch with a line for each of the models. */
  BatchId batch(String... ofModels) throws Exception {
    FileId fileId = FileId.random();
    FileUpload upload = new FileUpload(stack.store().files(), fileId);
    for (int i = 0; i < ofModels.length; i++) {
      String line =
          "{\"custom_id\": \"c-"
              + i
              + "\", \"method\": \"POST\", \"url\": \"/v1/chat/completions\", \"body\": {\"model\":"
              + " \""
              + ofModels[i]
              + "\", \"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}}\n";
      upload.write(line.getBytes(UTF_8), 0, line.length());
    }
    upload.close();
    Instant now = Instant.now();
    var file =
        new StoredFile(
            fileId,
            Owner.LOCAL,
            "in.jsonl",
            "batch",
            upload.bytes(),
            upload.chunks(),
            true,
            now,
            Optional.empty());
    stack.store().files().complete(file).get();
    BatchId id = BatchId.random();
    var spec =
        new BatchSpec(
            id,
            Owner.LOCAL,
            BatchProtocol.OPENAI,
            fileId,
            "/v1/chat/completions",
            "24h",
            Map.of(),
            now,
            now.plusSeconds(86_400),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    stack.store().batches().create(spec).get();
    stack.publisher().publishBatch(id, Owner.LOCAL).get();
    return id;
  }

  JobId job() throws Exception {
    var body =
        JsonNodeFactory.instance.objectNode().put("model_id", "m").put("full_input", "Hello");
    var submission =
        new SubmissionParser(models).parse(body, Owner.LOCAL, Optional.empty(), Instant.now());
    assertThat(stack.submitter().submitAll(List.of(submission)).get())
        .allMatch(outcome -> outcome instanceof SubmitOutcome.Accepted);
    return submission.spec().id();
  }
}

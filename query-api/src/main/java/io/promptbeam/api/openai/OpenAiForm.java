package io.promptbeam.api.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.batches.BatchState;
import io.promptbeam.api.batches.LineAnswer;
import io.promptbeam.api.batches.Outlook;
import io.promptbeam.api.batches.ProtocolForm;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.job.Job;
import java.util.Map;
import java.util.function.Supplier;

/** OpenAI's way to show batches. */
public final class OpenAiForm implements ProtocolForm {
  private final OutputLines lines;

  public OpenAiForm(Supplier<ModelCatalog> catalog) {
    this.lines = new OutputLines(catalog);
  }

  @Override
  public ObjectNode batch(BatchState state, String origin, Outlook outlook) {
    return BatchViews.json(state, outlook);
  }

  @Override
  public LineAnswer line(Job line, String endpoint) {
    return lines.of(line, endpoint);
  }

  @Override
  public String bodyField() {
    return "body";
  }

  @Override
  public Map<String, String> retryMetadata(BatchSpec of, int lines) {
    return of.metadata();
  }
}

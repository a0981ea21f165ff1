package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.catalog.Vertex;
import io.promptbeam.job.LlmRequest;
import java.io.IOException;
import java.net.URI;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What the conventions for generative AI call a model, its provider and what is done with it. Pure.
 */
public final class CalledModel {
  private static final JsonFactory FACTORY = new JsonFactory();

  /** A provider could write anything there, also what it was asked. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}");

  private CalledModel() {}

  /** {@code gen_ai.provider.name}: whose API it is, though others may serve it too. */
  public static String provider(ModelConfig model) {
    return switch (model.provider()) {
      case OPENAI -> "openai";
      case ANTHROPIC -> "anthropic";
      case GEMINI -> model.options().vertex().isPresent() ? "gcp.vertex_ai" : "gcp.gemini";
      case SIMULATED -> "simulated";
    };
  }

  /** {@code gen_ai.operation.name}. */
  public static String operation(LlmRequest request) {
    if (!(request instanceof LlmRequest.Native given)) {
      return "chat";
    }
    String endpoint = given.endpoint();
    if (endpoint.endsWith("/embeddings")) {
      return "embeddings";
    }
    if (endpoint.endsWith("generateContent")) {
      return "generate_content";
    }
    return endpoint.equals("/v1/completions") ? "text_completion" : "chat";
  }

  /** Where it is called; empty for one that this process serves itself. */
  public static Optional<URI> address(ModelConfig model) {
    if (model.baseUrl().isPresent() || model.provider() == ProviderKind.SIMULATED) {
      return model.baseUrl();
    }
    if (model.provider() == ProviderKind.ANTHROPIC) {
      return Optional.of(AnthropicProtocol.DEFAULT_BASE_URL);
    }
    Optional<Vertex> vertex = model.options().vertex();
    GeminiAddress gemini =
        vertex.isPresent()
            ? GeminiAddress.ofVertex(
                model.baseUrl(), vertex.get().project(), vertex.get().location(), "m")
            : GeminiAddress.ofApi(model.baseUrl(), "m");
    return Optional.of(gemini.whole());
  }

  /** {@code gen_ai.response.model}: as the answer names it, if that looks like a name. */
  public static Optional<String> nameIn(byte[] answer) {
    try (JsonParser json = FACTORY.createParser(answer)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String field = json.currentName();
        JsonToken value = json.nextToken();
        boolean isName = field.equals("model") || field.equals("modelVersion");
        if (isName && value == JsonToken.VALUE_STRING) {
          return Optional.of(json.getText()).filter(name -> NAME.matcher(name).matches());
        }
        json.skipChildren();
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}

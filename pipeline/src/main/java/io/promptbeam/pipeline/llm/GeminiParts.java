package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Translates a part of a message in neutral form to one of Gemini's. */
final class GeminiParts {
  private static final Map<String, String> MIME_TYPES =
      Map.of(
          "png", "image/png",
          "jpg", "image/jpeg",
          "jpeg", "image/jpeg",
          "webp", "image/webp",
          "gif", "image/gif",
          "pdf", "application/pdf");

  private GeminiParts() {}

  /** Parts of a kind not known here go out as they are: they may be in this provider's form. */
  static JsonNode of(JsonNode part) {
    if (part.isTextual()) {
      return Json.object().put("text", part.textValue());
    }
    return switch (part.path("type").asText()) {
      case "text" -> Json.object().put("text", part.path("text").asText());
      case "image_url" -> image(part.path("image_url"));
      case "file" -> file(part.path("file"));
      case "input_audio" -> {
        JsonNode audio = part.path("input_audio");
        yield inline("audio/" + audio.path("format").asText(), audio.path("data").asText());
      }
      default -> part;
    };
  }

  private static ObjectNode image(JsonNode image) {
    String url = image.isTextual() ? image.textValue() : image.path("url").asText();
    return DataUrl.parse(url)
        .map(data -> inline(data.mediaType(), data.base64()))
        .orElseGet(() -> linked(url));
  }

  private static ObjectNode file(JsonNode file) {
    return DataUrl.parse(file.path("file_data").asText())
        .map(data -> inline(data.mediaType(), data.base64()))
        .orElseThrow(
            () -> Requests.refused("a part of type file needs file_data with a data: URL"));
  }

  private static ObjectNode inline(String mimeType, String base64) {
    ObjectNode part = Json.object();
    part.putObject("inlineData").put("mimeType", mimeType).put("data", base64);
    return part;
  }

  private static ObjectNode linked(String url) {
    ObjectNode part = Json.object();
    ObjectNode data = part.putObject("fileData").put("fileUri", url);
    mimeType(url).ifPresent(type -> data.put("mimeType", type));
    return part;
  }

  private static Optional<String> mimeType(String url) {
    String path = url.replaceFirst("[?#].*$", "");
    String extension = path.substring(path.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return Optional.ofNullable(MIME_TYPES.get(extension));
  }
}

package io.promptbeam.pipeline.llm.simulated;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/** Reads the text of a request and writes one that sounds like an answer to it. */
final class PromptText {
  private static final int CHARS_PER_TOKEN = 4;
  private static final int MAX_SCANNED_CHARS = 4_000;
  private static final int MIN_WORD_CHARS = 5;

  /** Each sentence's three parts, with a word between them. */
  private static final String[][] SENTENCES = {
    {"The main point concerns ", " and how it relates to ", "."},
    {"Taken together, ", " suggests looking at ", " first."},
    {"There is little doubt that ", " matters here, while ", " needs more detail."},
    {"A practical next step is to check ", " against ", "."},
    {"Compared with ", ", the role of ", " is easy to overlook."},
    {"In short, ", " is clear and ", " can follow from it."}
  };

  private PromptText() {}

  /** All text in messages, parts or strings, whatever the endpoint calls them. */
  static String of(JsonNode node) {
    if (node.isTextual()) {
      return node.textValue();
    }
    var text = new StringBuilder();
    collect(node, text);
    return text.toString();
  }

  private static void collect(JsonNode node, StringBuilder text) {
    if (node.isTextual()) {
      text.append(node.textValue()).append('\n');
    } else if (node.isArray()) {
      node.forEach(entry -> collect(entry, text));
    } else if (node.isObject()) {
      collect(node.path("content"), text);
      collect(node.path("text"), text);
    }
  }

  static int tokens(String text) {
    return (text.length() + CHARS_PER_TOKEN - 1) / CHARS_PER_TOKEN;
  }

  static String cutToTokens(String text, int maxTokens) {
    long maxChars = (long) maxTokens * CHARS_PER_TOKEN;
    return text.length() <= maxChars ? text : text.substring(0, (int) maxChars);
  }

  /** Two to four sentences about words of {@code prompt}; JSON with them where it asks for JSON. */
  static String answer(String prompt, boolean asJson, long seed, ObjectMapper json) {
    var random = new SplittableRandom(seed);
    List<String> words = words(prompt);
    var text = new StringBuilder();
    int count = 2 + random.nextInt(3);
    for (int i = 0; i < count; i++) {
      String[] parts = SENTENCES[random.nextInt(SENTENCES.length)];
      text.append(i == 0 ? "" : " ")
          .append(parts[0])
          .append(words.get(random.nextInt(words.size())))
          .append(parts[1])
          .append(words.get(random.nextInt(words.size())))
          .append(parts[2]);
    }
    if (!asJson) {
      return text.toString();
    }
    var object = json.createObjectNode();
    object.put("summary", text.toString());
    object.put("topic", words.get(random.nextInt(words.size())));
    object.put("confidence", (50 + random.nextInt(50)) / 100.0);
    return object.toString();
  }

  static boolean asksForJson(JsonNode request, String prompt) {
    String format =
        request.path("response_format").path("type").asText()
            + request.path("text").path("format").path("type").asText();
    return format.startsWith("json") || shortened(prompt).toLowerCase(Locale.ROOT).contains("json");
  }

  private static String shortened(String prompt) {
    return prompt.length() <= MAX_SCANNED_CHARS ? prompt : prompt.substring(0, MAX_SCANNED_CHARS);
  }

  private static List<String> words(String prompt) {
    var words = new ArrayList<String>();
    int start = -1;
    int end = Math.min(prompt.length(), MAX_SCANNED_CHARS);
    for (int i = 0; i <= end; i++) {
      boolean letter = i < end && Character.isLetter(prompt.charAt(i));
      if (letter && start < 0) {
        start = i;
      } else if (!letter && start >= 0) {
        if (i - start >= MIN_WORD_CHARS) {
          words.add(prompt.substring(start, i));
        }
        start = -1;
      }
    }
    return words.isEmpty() ? List.of("the request", "its context") : words;
  }
}

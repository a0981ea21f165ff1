package io.promptbeam.api.openai;

import io.promptbeam.api.http.ApiRequest;
import java.util.List;
import java.util.Optional;

/** The query of a list. Parameters that are not known are passed over, as OpenAI does. */
record ListParameters(ApiRequest request) {
  private static final String LIMIT = "limit";

  Optional<String> text(String name) {
    List<String> values = request.query().getOrDefault(name, List.of());
    return values.stream().findFirst().filter(value -> !value.isEmpty());
  }

  int limit(int whenAbsent, int max) {
    Optional<String> given = text(LIMIT);
    if (given.isEmpty()) {
      return whenAbsent;
    }
    try {
      int limit = Integer.parseInt(given.get());
      if (limit >= 1 && limit <= max) {
        return limit;
      }
    } catch (NumberFormatException e) {
      // Answered below, as a number that is out of range.
    }
    throw Answers.invalid(
        "invalid_value", LIMIT, "limit must be a whole number from 1 to " + max + ".");
  }

  boolean newestFirst() {
    return switch (text("order").orElse("desc")) {
      case "desc" -> true;
      case "asc" -> false;
      default -> throw Answers.invalid("invalid_value", "order", "order must be asc or desc.");
    };
  }
}

package io.promptbeam.api.usage;

import io.promptbeam.api.http.OwnerParameter;
import io.promptbeam.api.http.Problems;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The query of a usage report. An unknown parameter is refused: ignored, it would show too much.
 *
 * @param from the first day, in UTC
 * @param to the last day
 */
record UsageQuery(GroupBy groupBy, LocalDate from, LocalDate to, Optional<String> modelId) {
  private static final long MAX_DAYS = 366;
  private static final Set<String> KNOWN =
      Set.of("group_by", "from", "to", "model_id", OwnerParameter.NAME);

  /** What a row stands for. */
  enum GroupBy {
    OWNER,
    MODEL,
    DAY;

    String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static UsageQuery of(Map<String, List<String>> query, LocalDate today) {
    for (Map.Entry<String, List<String>> parameter : query.entrySet()) {
      if (!KNOWN.contains(parameter.getKey())) {
        throw Problems.invalidParameter(
                parameter.getKey(),
                "This parameter is not known here. Known are "
                    + String.join(", ", new TreeSet<>(KNOWN))
                    + ".")
            .asException();
      }
      if (parameter.getValue().size() != 1) {
        throw Problems.invalidParameter(parameter.getKey(), "Give it once.").asException();
      }
    }
    GroupBy groupBy = value(query, "group_by").map(UsageQuery::groupBy).orElse(GroupBy.DAY);
    Optional<LocalDate> from = value(query, "from").map(text -> day("from", text));
    Optional<LocalDate> given = value(query, "to").map(text -> day("to", text));
    LocalDate to = given.orElse(from.filter(today::isBefore).orElse(today));
    LocalDate first = from.orElse(to);
    if (first.isAfter(to)) {
      throw Problems.invalidParameter("from", "It must not be after to.").asException();
    }
    if (ChronoUnit.DAYS.between(first, to) >= MAX_DAYS) {
      throw Problems.invalidParameter(
              "from", "From there to the last day are more than " + MAX_DAYS + " days.")
          .asException();
    }
    return new UsageQuery(groupBy, first, to, value(query, "model_id"));
  }

  /** An empty value counts as none, as forms send it. */
  private static Optional<String> value(Map<String, List<String>> query, String name) {
    return query.getOrDefault(name, List.of()).stream().filter(text -> !text.isEmpty()).findFirst();
  }

  private static GroupBy groupBy(String name) {
    for (GroupBy groupBy : GroupBy.values()) {
      if (groupBy.wireName().equals(name)) {
        return groupBy;
      }
    }
    throw Problems.invalidParameter("group_by", "It must be owner, model or day.").asException();
  }

  private static LocalDate day(String name, String text) {
    try {
      LocalDate day = LocalDate.parse(text);
      // Else it would not be ten characters in a key.
      if (day.getYear() >= 1970 && day.getYear() <= 9998) {
        return day;
      }
    } catch (DateTimeParseException e) {
      // Answered like a year out of range.
    }
    throw Problems.invalidParameter(name, "It must be a day such as 2026-01-31, in UTC.")
        .asException();
  }
}

package io.promptbeam.local.faults;

import io.promptbeam.pipeline.llm.simulated.SimulatedProvider;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How often the provider saw each job, which is named in its prompt. Thread-safe. */
final class Calls {
  private static final Pattern NAME = Pattern.compile("<([a-z0-9-]+)>");

  private final Map<String, Integer> byName = new ConcurrentHashMap<>();

  Calls(SimulatedProvider provider) {
    provider.observe((nanos, path, body) -> byName.merge(nameIn(body), 1, Integer::sum));
  }

  static String prompt(String name) {
    return "Write a line about <" + name + ">.";
  }

  private static String nameIn(byte[] body) {
    Matcher matcher = NAME.matcher(new String(body, StandardCharsets.UTF_8));
    return matcher.find() ? matcher.group(1) : "no name";
  }

  int of(String name) {
    return byName.getOrDefault(name, 0);
  }

  Set<String> names() {
    return Set.copyOf(byName.keySet());
  }

  /** Of all jobs whose name begins so. */
  int ofAll(String prefix) {
    return byName.entrySet().stream()
        .filter(entry -> entry.getKey().startsWith(prefix))
        .mapToInt(Map.Entry::getValue)
        .sum();
  }
}

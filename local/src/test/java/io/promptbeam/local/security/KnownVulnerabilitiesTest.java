package io.promptbeam.local.security;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What the program is made of, against the holes listed in {@code config}. */
class KnownVulnerabilitiesTest {
  private static final Path LIST = Path.of("..", "config", "known-vulnerabilities.json");
  private static final Path BILL_OF_MATERIALS = Path.of("..", "target", "bom.json");

  private final ObjectMapper json = new ObjectMapper();

  private List<Advisory> advisories() throws IOException {
    List<Advisory> all = new ArrayList<>();
    json.readTree(LIST.toFile()).path("advisories").forEach(a -> all.add(Advisory.read(a)));
    return all;
  }

  /** Group and id to version; from the class path, and the bill of materials if there is one. */
  private Map<String, List<String>> libraries() throws IOException {
    Map<String, List<String>> all = new TreeMap<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      Path jar = Path.of(entry);
      int names = jar.getNameCount();
      // A local repository's layout: group by directories, id, version, file.
      int root = indexOf(jar, "repository");
      if (entry.endsWith(".jar") && root >= 0 && names - root > 4) {
        String group = jar.subpath(root + 1, names - 3).toString().replace(File.separatorChar, '.');
        add(all, group, jar.getName(names - 3).toString(), jar.getName(names - 2).toString());
      }
    }
    if (Files.exists(BILL_OF_MATERIALS)) {
      for (JsonNode part : json.readTree(BILL_OF_MATERIALS.toFile()).path("components")) {
        add(
            all,
            part.path("group").asText(),
            part.path("name").asText(),
            part.path("version").asText());
      }
    }
    return all;
  }

  private static int indexOf(Path path, String name) {
    for (int i = path.getNameCount() - 1; i >= 0; i--) {
      if (path.getName(i).toString().equals(name)) {
        return i;
      }
    }
    return -1;
  }

  private static void add(Map<String, List<String>> all, String group, String id, String version) {
    all.computeIfAbsent(group + ":" + id, name -> new ArrayList<>()).add(version);
  }

  private static boolean affects(Advisory advisory, Map<String, List<String>> libraries) {
    return libraries.getOrDefault(advisory.artifact(), List.of()).stream()
        .anyMatch(version -> advisory.affects(advisory.artifact(), version));
  }

  @Test
  void libraries_haveNoKnownHole_thatNobodyDecidedAbout() throws Exception {
    Map<String, List<String>> libraries = libraries();
    assertThat(libraries)
        .as("the libraries are found")
        .containsKeys("org.eclipse.jetty:jetty-http", "com.fasterxml.jackson.core:jackson-core");
    assertThat(advisories())
        .filteredOn(advisory -> advisory.accepted().isEmpty())
        .filteredOn(advisory -> affects(advisory, libraries))
        .isEmpty();
  }

  @Test
  void acceptance_isTakenBack_whenItNoLongerIsNeeded() throws Exception {
    Map<String, List<String>> libraries = libraries();
    assertThat(advisories())
        .filteredOn(advisory -> advisory.accepted().isPresent())
        .allMatch(advisory -> affects(advisory, libraries), "of a library that is used");
  }

  @Test
  void everyAdvisory_namesItsSource() throws Exception {
    assertThat(advisories())
        .hasSizeGreaterThan(20)
        .allSatisfy(
            advisory -> {
              assertThat(advisory.source()).startsWith("https://");
              assertThat(advisory.id()).matches("(CVE|GHSA)-.+");
              assertThat(advisory.affected()).isNotEmpty();
            });
  }

  @Test
  void range_holdsTheVersionsBetweenItsEnds() throws Exception {
    Advisory smuggling =
        advisories().stream().filter(a -> a.id().equals("CVE-2026-2332")).findFirst().get();
    String jetty = "org.eclipse.jetty:jetty-http";
    for (String bad : List.of("9.4.58.v20250814", "11.0.28", "12.0.32", "12.1.0", "12.1.6")) {
      assertThat(smuggling.affects(jetty, bad)).as(bad).isTrue();
    }
    for (String good : List.of("12.0.33", "12.1.7", "12.1.12", "13.0")) {
      assertThat(smuggling.affects(jetty, good)).as(good).isFalse();
    }
    var range = Advisory.VersionRange.parse("[0,4.1.135)");
    assertThat(range.contains("4.1.134.Final")).isTrue();
    assertThat(range.contains("4.1.135.Final")).isFalse();
    assertThat(Advisory.VersionRange.parse("[0,1.84.0]").contains("1.84.0")).isTrue();
    assertThat(Advisory.VersionRange.parse("[0,32.0.0)").contains("33.1.0-jre")).isFalse();
  }

  @Test
  void acceptedRisks_areNotTaken_becauseNoCodeCallsThem() {
    var classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.promptbeam");
    assertThat(classes).isNotEmpty();
    noClasses()
        .should()
        .callMethodWhere(target(nameMatching("createNonBlocking.*")))
        .orShould()
        .callMethodWhere(
            target(nameMatching("activateDefaultTyping.*|enableDefaultTyping|setDefaultTyping")))
        .check(classes);
  }
}

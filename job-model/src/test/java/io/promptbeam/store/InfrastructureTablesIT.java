package io.promptbeam.store;

import static com.google.cloud.bigtable.admin.v2.models.GCRules.GCRULES;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.cloud.bigtable.admin.v2.BigtableTableAdminClient;
import com.google.cloud.bigtable.admin.v2.models.ColumnFamily;
import com.google.cloud.bigtable.admin.v2.models.GCRules.GCRule;
import com.google.cloud.bigtable.emulator.v2.Emulator;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What Terraform makes is what the program would make: tables, families and what is collected. */
class InfrastructureTablesIT {
  /** Not the default, and no other age's, so that the families that follow it show. */
  private static final Duration RETENTION = Duration.ofHours(1_234);

  @Test
  void tables_areTheProgramsOwn() throws Exception {
    assertThat(listed()).containsExactlyInAnyOrderEntriesOf(created());
  }

  private static Map<String, GCRule> created() throws Exception {
    Emulator emulator = Emulator.createBundled();
    emulator.start();
    Map<String, GCRule> rules = new TreeMap<>();
    try (BigtableTableAdminClient admin =
        BigtableClients.admin(new BigtableTarget.Emulator("127.0.0.1", emulator.getPort()))) {
      BigtableSchema.createMissing(admin, RETENTION);
      for (String table : admin.listTables()) {
        for (ColumnFamily family : admin.getTable(table).getColumnFamilies()) {
          rules.put(table + "/" + family.getId(), family.getGCRule());
        }
      }
    } finally {
      emulator.stop();
    }
    return rules;
  }

  private static Map<String, GCRule> listed() throws Exception {
    JsonNode tables =
        new ObjectMapper().readTree(Path.of("../templates/infrastructure/tables.json").toFile());
    Map<String, GCRule> rules = new TreeMap<>();
    tables
        .fields()
        .forEachRemaining(
            table ->
                table
                    .getValue()
                    .fields()
                    .forEachRemaining(
                        family ->
                            rules.put(
                                table.getKey() + "/" + family.getKey(), rule(family.getValue()))));
    return rules;
  }

  private static GCRule rule(JsonNode listed) {
    GCRule versions = GCRULES.maxVersions(listed.path("versions").intValue());
    JsonNode age = listed.path("age_hours");
    if (age.isMissingNode()) {
      return versions;
    }
    long hours = age.isTextual() ? RETENTION.toHours() : age.longValue();
    return GCRULES.union().rule(versions).rule(GCRULES.maxAge(hours, TimeUnit.HOURS));
  }
}

package io.promptbeam.message;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What Terraform makes is what the program looks for. */
class InfrastructureTopologyTest {
  @Test
  void topology_isTheProgramsOwn() throws Exception {
    PubsubNames names = PubsubNames.DEFAULT;
    Map<?, ?> made =
        new ObjectMapper()
            .readValue(Path.of("../templates/infrastructure/topology.json").toFile(), Map.class);
    assertThat(made)
        .isEqualTo(
            Map.of(
                "jobs_topic", names.jobsTopic(),
                "jobs_subscription", names.jobsSubscription(),
                "dead_letters_topic", names.deadLettersTopic(),
                "dead_letters_subscription", names.deadLettersSubscription(),
                "job_events_topic", names.jobEventsTopic(),
                "ack_deadline_seconds", PubsubTopology.ACK_DEADLINE_SECONDS));
  }
}

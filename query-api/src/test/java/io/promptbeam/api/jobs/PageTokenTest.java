package io.promptbeam.api.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.Owner;
import io.promptbeam.store.JobFilter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PageTokenTest {
  private static final Owner ANN = new Owner("ann");

  private final PageToken tokens = new PageToken("secret".getBytes(StandardCharsets.UTF_8));
  private final JobFilter pending = ListQuery.of(Map.of("status", List.of("pending"))).filter();
  private final String token = tokens.encode(ANN, pending, "position");

  @Test
  void token_givesThePositionBack() {
    assertThat(tokens.decode(ANN, pending, token)).contains("position");
  }

  @Test
  void token_isRefused_whenOwnerFilterOrSecretDiffers() {
    assertThat(tokens.decode(new Owner("bob"), pending, token)).isEmpty();
    assertThat(tokens.decode(ANN, JobFilter.ALL, token)).isEmpty();
    assertThat(new PageToken("other".getBytes(StandardCharsets.UTF_8)).decode(ANN, pending, token))
        .isEmpty();
  }

  @Test
  void token_isRefused_whenItIsForgedOrGarbage() {
    String changed = token.substring(0, token.length() - 2) + "AA";
    for (String forged : List.of("", "a", "!!", "AAAA", changed, "A".repeat(5_000))) {
      assertThat(tokens.decode(ANN, pending, forged)).as(forged).isEmpty();
    }
  }
}

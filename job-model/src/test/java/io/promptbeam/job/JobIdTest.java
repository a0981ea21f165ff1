package io.promptbeam.job;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class JobIdTest {
  @Test
  void forIdempotencyKey_isStored_soItNeverChanges() {
    assertThat(JobId.forIdempotencyKey(new Owner("local"), "order-17").toString())
        .isEqualTo("f8715964-abec-5e57-9cff-ba017059e8fc");
  }

  @Test
  void forIdempotencyKey_differsByOwnerAndKey_andNotByTheirSeam() {
    JobId id = JobId.forIdempotencyKey(new Owner("ab"), "c");
    assertThat(JobId.forIdempotencyKey(new Owner("ab"), "c")).isEqualTo(id);
    assertThat(JobId.forIdempotencyKey(new Owner("a"), "bc")).isNotEqualTo(id);
    assertThat(JobId.forIdempotencyKey(new Owner("ab"), "d")).isNotEqualTo(id);
    assertThat(id.uuid().version()).isEqualTo(5);
    assertThat(id.uuid().variant()).isEqualTo(2);
  }

  @Test
  void parse_takesOnlyTheCanonicalForm() {
    JobId id = JobId.random();
    assertThat(JobId.parse(id.toString())).contains(id);
    assertThat(JobId.parse("1-1-1-1-1")).isEmpty();
    assertThat(JobId.parse("")).isEmpty();
    assertThat(JobId.parse("{" + id + "}")).isEmpty();
  }
}

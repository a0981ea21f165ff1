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
  void forRetryOf_isStored_soItNeverChanges() {
    JobId original = JobId.parse("f8715964-abec-5e57-9cff-ba017059e8fc").orElseThrow();
    assertThat(JobId.forRetryOf(new Owner("local"), original).toString())
        .isEqualTo("ab9dc8aa-24e7-53e2-bf8b-0560167855ed");
  }

  @Test
  void forRetryOf_differsByOwnerAndJob_andFromAnyKey() {
    JobId original = JobId.random();
    Owner owner = new Owner("a");
    JobId id = JobId.forRetryOf(owner, original);
    assertThat(JobId.forRetryOf(owner, original)).isEqualTo(id).isNotEqualTo(original);
    assertThat(JobId.forRetryOf(new Owner("b"), original)).isNotEqualTo(id);
    assertThat(JobId.forRetryOf(owner, id)).isNotEqualTo(id);
    assertThat(JobId.forIdempotencyKey(owner, original.toString())).isNotEqualTo(id);
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

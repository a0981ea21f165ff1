package io.promptbeam.store.usage;

import io.promptbeam.job.Owner;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;

/** What is counted apart: an owner's day, in UTC. */
public record UsageDay(Owner owner, LocalDate day) {
  public static UsageDay of(Owner owner, Instant at) {
    return new UsageDay(owner, LocalDate.ofInstant(at, ZoneOffset.UTC));
  }
}

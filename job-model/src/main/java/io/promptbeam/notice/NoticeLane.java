package io.promptbeam.notice;

import io.promptbeam.job.Owner;

/**
 * Notices with the same receiver: they wait for each other, and for nobody else's. Stored: do not
 * change.
 */
public record NoticeLane(String name) {
  /** No owner's name has a colon. */
  public static final NoticeLane TOPIC = new NoticeLane(":topic");

  /** Of what an owner's webhook is told. */
  public static NoticeLane webhook(Owner owner) {
    return new NoticeLane(owner.name());
  }

  @Override
  public String toString() {
    return name;
  }
}

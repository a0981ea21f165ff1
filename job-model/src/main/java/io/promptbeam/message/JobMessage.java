package io.promptbeam.message;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.batch.BatchId;
import io.promptbeam.job.Owner;
import java.util.List;

/** A message on the jobs topic. */
public sealed interface JobMessage {
  /** A job whose row exists. */
  record Reference(JobReference reference) implements JobMessage {}

  /** Jobs whose rows exist, submitted together. */
  record References(List<JobReference> references) implements JobMessage {
    public References {
      references = List.copyOf(references);
    }
  }

  /**
   * A batch whose row exists, to be checked and expanded.
   *
   * @param owner for the log; the row is what counts
   */
  record OfBatch(BatchId batch, Owner owner) implements JobMessage {}

  /**
   * A whole submission, from a publisher that does not go through the HTTP service; decoding makes
   * its row. Whoever may publish to the topic may name any owner.
   *
   * @param idempotencyKey makes redelivery harmless, so it is required here
   */
  record Inline(Owner owner, String idempotencyKey, ObjectNode submission) implements JobMessage {}
}

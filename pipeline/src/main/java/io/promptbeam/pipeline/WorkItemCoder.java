package io.promptbeam.pipeline;

import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.message.JobReference;
import io.promptbeam.pipeline.engine.SegmentItem;
import io.promptbeam.pipeline.engine.SingleJob;
import io.promptbeam.pipeline.engine.WorkItem;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.UUID;
import org.apache.beam.sdk.coders.AtomicCoder;

/**
 * Work items in Beam state. Stored by running pipelines, so an update must read what its
 * predecessor wrote: a leading kind byte, new kinds and not new fields. All instances are equal, as
 * Flink asks of streams that are flattened.
 */
final class WorkItemCoder extends AtomicCoder<WorkItem> {
  private static final long serialVersionUID = 1L;

  /** Without an estimate of the output; no longer written. */
  private static final int SINGLE_JOB_OF_OLD = 1;

  private static final int SINGLE_JOB = 2;
  private static final int SEGMENT = 3;

  @Override
  public void encode(WorkItem item, OutputStream out) throws IOException {
    var data = new DataOutputStream(out);
    if (item instanceof SingleJob single) {
      JobReference reference = single.reference();
      data.writeByte(SINGLE_JOB);
      data.writeLong(reference.jobId().uuid().getMostSignificantBits());
      data.writeLong(reference.jobId().uuid().getLeastSignificantBits());
      data.writeUTF(reference.owner().name());
      data.writeUTF(reference.modelId());
      data.writeUTF(reference.priority().wireName());
      data.writeLong(reference.tokenEstimate());
      data.writeLong(reference.outputTokenEstimate());
      data.writeInt(reference.dispatchSequence());
      data.writeUTF(reference.traceparent().orElse(""));
    } else if (item instanceof SegmentItem segment) {
      data.writeByte(SEGMENT);
      data.writeInt(segment.encoded().length);
      data.write(segment.encoded());
    }
    data.flush();
  }

  @Override
  public WorkItem decode(InputStream in) throws IOException {
    var data = new DataInputStream(in);
    int kind = data.readByte();
    if (kind == SEGMENT) {
      byte[] segment = new byte[data.readInt()];
      data.readFully(segment);
      return SegmentItem.decode(segment);
    }
    if (kind != SINGLE_JOB && kind != SINGLE_JOB_OF_OLD) {
      throw new IOException("unknown kind of work item: " + kind);
    }
    JobId jobId = new JobId(new UUID(data.readLong(), data.readLong()));
    Owner owner = new Owner(data.readUTF());
    String modelId = data.readUTF();
    String priorityName = data.readUTF();
    Priority priority =
        Priority.parse(priorityName)
            .orElseThrow(() -> new IOException("unknown priority: " + priorityName));
    long tokenEstimate = data.readLong();
    long outputTokenEstimate = kind == SINGLE_JOB ? data.readLong() : 0;
    int dispatchSequence = data.readInt();
    String traceparent = data.readUTF();
    return new SingleJob(
        new JobReference(
            jobId,
            owner,
            modelId,
            priority,
            tokenEstimate,
            outputTokenEstimate,
            dispatchSequence,
            traceparent.isEmpty() ? Optional.empty() : Optional.of(traceparent)));
  }
}

package io.promptbeam.pipeline;

import io.promptbeam.job.JobId;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Usage;
import io.promptbeam.pipeline.engine.JobOutcome;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.util.UUID;
import org.apache.beam.sdk.coders.AtomicCoder;

/**
 * Outcomes between steps of a running pipeline. All instances are equal, as Flink asks of streams
 * that are flattened.
 */
final class JobOutcomeCoder extends AtomicCoder<JobOutcome> {
  private static final long serialVersionUID = 1L;

  @Override
  public void encode(JobOutcome outcome, OutputStream out) throws IOException {
    var data = new DataOutputStream(out);
    data.writeLong(outcome.jobId().uuid().getMostSignificantBits());
    data.writeLong(outcome.jobId().uuid().getLeastSignificantBits());
    data.writeUTF(outcome.owner().name());
    data.writeUTF(outcome.modelId());
    data.writeUTF(outcome.state().wireName());
    data.writeInt(outcome.attempts());
    data.writeLong(outcome.usage().inputTokens());
    data.writeLong(outcome.usage().cachedInputTokens());
    data.writeLong(outcome.usage().outputTokens());
    data.writeLong(outcome.usage().reasoningTokens());
    data.writeUTF(outcome.costUsd().toString());
    data.writeUTF(outcome.errorCode());
    data.writeLong(outcome.latencyMillis());
    data.flush();
  }

  @Override
  public JobOutcome decode(InputStream in) throws IOException {
    var data = new DataInputStream(in);
    JobId jobId = new JobId(new UUID(data.readLong(), data.readLong()));
    Owner owner = new Owner(data.readUTF());
    String modelId = data.readUTF();
    String state = data.readUTF();
    return new JobOutcome(
        jobId,
        owner,
        modelId,
        JobState.parse(state).orElseThrow(() -> new IOException("unknown state: " + state)),
        data.readInt(),
        new Usage(data.readLong(), data.readLong(), data.readLong(), data.readLong()),
        new BigDecimal(data.readUTF()),
        data.readUTF(),
        data.readLong());
  }
}

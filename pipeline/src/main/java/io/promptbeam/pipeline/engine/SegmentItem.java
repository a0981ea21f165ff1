package io.promptbeam.pipeline.engine;

import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/**
 * The lines of one model in one segment of a batch. Some bytes a line, and kept as bytes until
 * somebody asks what is in them: runners copy their state, items and all, whenever they use it.
 */
public final class SegmentItem implements WorkItem {
  /** What is in an item. */
  private static final class Content {
    private final BatchId batch;
    private final int segment;
    private final Owner owner;
    private final String modelId;
    private final int[] lines;
    private final int[] inputTokens;
    private final int[] outputTokens;
    private final long meanTokens;
    private final long meanOutputTokens;

    Content(
        BatchId batch,
        int segment,
        Owner owner,
        String modelId,
        int[] lines,
        int[] inputTokens,
        int[] outputTokens) {
      this.batch = batch;
      this.segment = segment;
      this.owner = owner;
      this.modelId = modelId;
      this.lines = lines;
      this.inputTokens = inputTokens;
      this.outputTokens = outputTokens;
      meanOutputTokens = mean(outputTokens);
      meanTokens = mean(inputTokens) + meanOutputTokens;
    }
  }

  // One of them is there from the beginning, the other one when it is first asked for: twice by
  // two threads does no harm.
  private volatile @Nullable Content content;
  private volatile byte @Nullable [] encoded;

  /**
   * Of lines whose arrays go together, and are not to be changed.
   *
   * @param lines numbers in the batch, ascending, at least one
   * @param inputTokens expected of each line
   * @param outputTokens expected of each line
   */
  public SegmentItem(
      BatchId batch,
      int segment,
      Owner owner,
      String modelId,
      int[] lines,
      int[] inputTokens,
      int[] outputTokens) {
    if (lines.length == 0
        || lines.length != inputTokens.length
        || lines.length != outputTokens.length) {
      throw new IllegalArgumentException("a segment's item has lines, each with its tokens");
    }
    content = new Content(batch, segment, owner, modelId, lines, inputTokens, outputTokens);
  }

  private SegmentItem(byte[] encoded) {
    this.encoded = encoded;
  }

  /** What {@link #encoded} gave; looked into when that is first needed. */
  public static SegmentItem decode(byte[] encoded) {
    return new SegmentItem(encoded);
  }

  /** The same bytes for equal items; not to be changed. Stored: an update must read them. */
  public byte[] encoded() {
    byte[] known = encoded;
    if (known == null) {
      known = SegmentBytes.write(this);
      encoded = known;
    }
    return known;
  }

  private Content content() {
    Content known = content;
    if (known == null) {
      SegmentItem read = SegmentBytes.read(encoded());
      known = read.content();
      content = known;
    }
    return known;
  }

  private static long mean(int[] tokens) {
    return Arrays.stream(tokens).asLongStream().sum() / tokens.length;
  }

  public BatchId batch() {
    return content().batch;
  }

  public int segment() {
    return content().segment;
  }

  @Override
  public String key() {
    Content known = content();
    return known.batch.hex() + "/" + known.segment + "/" + known.modelId;
  }

  @Override
  public Owner owner() {
    return content().owner;
  }

  @Override
  public String modelId() {
    return content().modelId;
  }

  @Override
  public Priority priority() {
    return Priority.BATCH;
  }

  /** The mean of its lines: turns are charged by it, and settled by what a call really used. */
  @Override
  public long tokensPerCall() {
    return content().meanTokens;
  }

  @Override
  public long outputTokensPerCall() {
    return content().meanOutputTokens;
  }

  @Override
  public long tokensOf(JobId job) {
    int index = index(job);
    return (long) inputTokens(index) + outputTokens(index);
  }

  @Override
  public long outputTokensOf(JobId job) {
    return outputTokens(index(job));
  }

  private int index(JobId job) {
    int number = BatchLine.of(job).orElseThrow().number();
    int index = Arrays.binarySearch(content().lines, number);
    if (index < 0) {
      throw new IllegalArgumentException("line " + number + " is not of " + key());
    }
    return index;
  }

  int size() {
    return content().lines.length;
  }

  int line(int index) {
    return content().lines[index];
  }

  int inputTokens(int index) {
    return content().inputTokens[index];
  }

  int outputTokens(int index) {
    return content().outputTokens[index];
  }

  @Override
  public List<JobId> jobs() {
    return new Jobs(content());
  }

  private static final class Jobs extends AbstractList<JobId> implements RandomAccess {
    private final Content of;

    Jobs(Content of) {
      this.of = of;
    }

    @Override
    public JobId get(int index) {
      return new BatchLine(of.batch, of.lines[index]).jobId();
    }

    @Override
    public int size() {
      return of.lines.length;
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SegmentItem that && Arrays.equals(encoded(), that.encoded());
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(encoded());
  }

  @Override
  public String toString() {
    return key() + " (" + size() + " lines)";
  }
}

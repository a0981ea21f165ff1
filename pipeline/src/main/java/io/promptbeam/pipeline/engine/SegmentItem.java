package io.promptbeam.pipeline.engine;

import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.RandomAccess;

/**
 * The lines of one model in one segment of a batch. Holds a few bytes a line: ids are made when
 * they are asked for.
 */
public final class SegmentItem implements WorkItem {
  private final BatchId batch;
  private final int segment;
  private final Owner owner;
  private final String modelId;
  private final int[] lines;
  private final int[] inputTokens;
  private final int[] outputTokens;
  private final long meanTokens;
  private final long meanOutputTokens;

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

  private static long mean(int[] tokens) {
    return Arrays.stream(tokens).asLongStream().sum() / tokens.length;
  }

  public BatchId batch() {
    return batch;
  }

  public int segment() {
    return segment;
  }

  @Override
  public String key() {
    return batch.hex() + "/" + segment + "/" + modelId;
  }

  @Override
  public Owner owner() {
    return owner;
  }

  @Override
  public String modelId() {
    return modelId;
  }

  @Override
  public Priority priority() {
    return Priority.BATCH;
  }

  /** The mean of its lines: turns are charged by it, and settled by what a call really used. */
  @Override
  public long tokensPerCall() {
    return meanTokens;
  }

  @Override
  public long outputTokensPerCall() {
    return meanOutputTokens;
  }

  @Override
  public long tokensOf(JobId job) {
    int index = index(job);
    return (long) inputTokens[index] + outputTokens[index];
  }

  @Override
  public long outputTokensOf(JobId job) {
    return outputTokens[index(job)];
  }

  private int index(JobId job) {
    int number = BatchLine.of(job).orElseThrow().number();
    int index = Arrays.binarySearch(lines, number);
    if (index < 0) {
      throw new IllegalArgumentException("line " + number + " is not of " + key());
    }
    return index;
  }

  int size() {
    return lines.length;
  }

  int line(int index) {
    return lines[index];
  }

  int inputTokens(int index) {
    return inputTokens[index];
  }

  int outputTokens(int index) {
    return outputTokens[index];
  }

  @Override
  public List<JobId> jobs() {
    return new Jobs();
  }

  private final class Jobs extends AbstractList<JobId> implements RandomAccess {
    @Override
    public JobId get(int index) {
      return new BatchLine(batch, lines[index]).jobId();
    }

    @Override
    public int size() {
      return lines.length;
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SegmentItem that
        && batch.equals(that.batch)
        && segment == that.segment
        && owner.equals(that.owner)
        && modelId.equals(that.modelId)
        && Arrays.equals(lines, that.lines)
        && Arrays.equals(inputTokens, that.inputTokens)
        && Arrays.equals(outputTokens, that.outputTokens);
  }

  @Override
  public int hashCode() {
    return Objects.hash(batch, segment, modelId, lines.length);
  }

  @Override
  public String toString() {
    return key() + " (" + lines.length + " lines)";
  }
}

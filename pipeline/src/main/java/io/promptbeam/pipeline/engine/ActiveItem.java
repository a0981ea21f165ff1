package io.promptbeam.pipeline.engine;

import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.job.JobId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An offered item and what is left of it; or one job of it, that went its own way. Not thread-safe:
 * the engine's loop owns it.
 */
final class ActiveItem {
  private WorkItem item;
  private final Optional<ActiveItem> whole;
  private final List<WorkListener> listeners;
  private final List<JobId> jobs;
  private final Deque<JobId> again = new ArrayDeque<>(0);
  private final Set<JobId> paused = new HashSet<>(0);
  private final Set<String> noPlaces = new HashSet<>(0);
  private Optional<String> elsewhere = Optional.empty();
  private int next;
  private int unfinished;
  private boolean begun;
  private boolean cut;
  private EngineFigures.@Nullable Model waitsAt;

  ActiveItem(WorkItem item) {
    this(item, Optional.empty(), new ArrayList<>(1));
  }

  private ActiveItem(WorkItem item, Optional<ActiveItem> whole, List<WorkListener> listeners) {
    this.item = item;
    this.whole = whole;
    this.listeners = listeners;
    this.jobs = item.jobs();
    this.unfinished = jobs.size();
  }

  /** One of its jobs goes on by itself, under {@code single}; its end counts here. */
  ActiveItem apart(SingleJob single) {
    ActiveItem part = new ActiveItem(single, Optional.of(this), listeners);
    // It was drawn already.
    part.next = 1;
    part.begun = begun;
    part.cut = cut;
    return part;
  }

  /** Whose part this is. */
  Optional<ActiveItem> whole() {
    return whole;
  }

  /** Whether it has jobs that must not be moved with one of them. */
  boolean hasSeveral() {
    return item instanceof SegmentItem;
  }

  /** Of whose lines it consists. */
  Optional<BatchId> batch() {
    return item instanceof SegmentItem segment
        ? Optional.of(segment.batch())
        : BatchLine.of(jobs.get(0)).map(BatchLine::batch);
  }

  /** Of whose lines it consists, if it is of a batch. */
  int segment() {
    return BatchLine.of(jobs.get(0)).orElseThrow().segment();
  }

  /** Whether its jobs may be read and claimed. */
  boolean hasBegun() {
    return begun || !(item instanceof SegmentItem);
  }

  void begin() {
    begun = true;
  }

  WorkItem item() {
    return item;
  }

  /** The same job under what its row says of it. Only while it is in no lane. */
  void readdress(SingleJob truth) {
    item = truth;
    elsewhere = Optional.empty();
  }

  /** The model in whose lane it waits. */
  String laneModel() {
    return elsewhere.orElse(item.modelId());
  }

  /** To be asked of another model of its chain. Only while it is in no lane. */
  void reroute(String modelId) {
    elsewhere = Optional.of(modelId);
  }

  /** Not to be moved to {@code modelId}'s lane again. */
  void noPlaceAt(String modelId) {
    noPlaces.add(modelId);
  }

  boolean mayMoveTo(String modelId) {
    return !noPlaces.contains(modelId);
  }

  List<WorkListener> listeners() {
    return listeners;
  }

  boolean hasUndrawn() {
    return undrawn() > 0;
  }

  int undrawn() {
    return jobs.size() - next + again.size();
  }

  /** What {@link #draw} will answer. */
  JobId peek() {
    return next < jobs.size() ? jobs.get(next) : again.getFirst();
  }

  JobId draw() {
    return next < jobs.size() ? jobs.get(next++) : again.removeFirst();
  }

  /** Puts a job back that has to be tried again. True when the item must queue up again for it. */
  boolean putBack(JobId job) {
    again.addLast(job);
    return undrawn() == 1;
  }

  /** So many more of its jobs wait at {@code lane}, where all do that wait already. */
  void waits(EngineFigures.Model lane, int more) {
    waitsAt = lane;
    lane.waiting(item.priority(), more);
  }

  /** So many of them wait no more. */
  void waitsNoMore(int fewer) {
    if (waitsAt != null) {
      waitsAt.waiting(item.priority(), -fewer);
    }
  }

  /** A job that was drawn waits for its time. */
  void pause(JobId job) {
    paused.add(job);
  }

  /** The time has come. False when it is not wanted any more. */
  boolean resume(JobId job) {
    return paused.remove(job);
  }

  /** None of its jobs is to be called any more. Answers those that wait, which are not drawn. */
  List<JobId> cut() {
    cut = true;
    List<JobId> waiting = new ArrayList<>(jobs.subList(next, jobs.size()));
    waiting.addAll(again);
    waiting.addAll(paused);
    next = jobs.size();
    again.clear();
    paused.clear();
    return waiting;
  }

  boolean isCut() {
    return cut;
  }

  /** One job less to do. True when it was the last. */
  boolean jobFinished() {
    unfinished--;
    return unfinished == 0;
  }
}

package io.promptbeam.pipeline.engine;

import io.promptbeam.job.JobId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** An offered item and what is left of it. Not thread-safe: the engine's loop owns it. */
final class ActiveItem {
  private WorkItem item;
  private final List<WorkListener> listeners = new ArrayList<>(1);
  private final Deque<JobId> undrawn;
  private final Set<String> noPlaces = new HashSet<>(0);
  private Optional<String> elsewhere = Optional.empty();
  private int unfinished;

  ActiveItem(WorkItem item) {
    this.item = item;
    this.undrawn = new ArrayDeque<>(item.jobs());
    this.unfinished = undrawn.size();
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
    return !undrawn.isEmpty();
  }

  int undrawn() {
    return undrawn.size();
  }

  JobId draw() {
    return undrawn.removeFirst();
  }

  /** Puts a job back that has to be tried again. True when the item must queue up again for it. */
  boolean putBack(JobId job) {
    undrawn.addLast(job);
    return undrawn.size() == 1;
  }

  /** One job less to do. True when it was the last. */
  boolean jobFinished() {
    unfinished--;
    return unfinished == 0;
  }
}

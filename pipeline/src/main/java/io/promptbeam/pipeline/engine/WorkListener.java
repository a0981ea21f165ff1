package io.promptbeam.pipeline.engine;

/**
 * Hears what became of an offered item. Called on the engine's threads; must not block or throw.
 */
public interface WorkListener {
  /** A job of the item ended, and this engine recorded it. */
  void jobEnded(JobOutcome outcome);

  /** The item was offered again; this listener hears of its end once. */
  default void alreadyListening(WorkItem item) {}

  /** Nothing of the item is left to do, here: all its jobs have ended. */
  void itemFinished(WorkItem item);
}

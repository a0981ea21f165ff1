package io.promptbeam.pipeline.engine;

import io.promptbeam.batch.BatchLine;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.message.JobReference;
import io.promptbeam.store.EndedJobs;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What an attempt's verdict means for its job: back into a lane, or done with, and then everybody
 * who is to know hears of it. Not thread-safe: the engine's loop owns it.
 */
final class Settlement implements LanePump.Settling, Segments.Lanes {
  private static final Duration BEGIN_AGAIN = Duration.ofSeconds(1);

  private final AttemptContext context;
  private final DueClearer due;
  private final EndedJobs endedJobs;
  private final Segments segments;
  private final Map<String, ActiveItem> items;
  private final Function<String, LanePump> lanes;

  /**
   * @param items by key; those that are finished are taken out
   * @param lanes gives a model's lane, whether or not the model is configured
   */
  Settlement(
      AttemptContext context,
      DueClearer due,
      EndedJobs endedJobs,
      Segments segments,
      Map<String, ActiveItem> items,
      Function<String, LanePump> lanes) {
    this.context = context;
    this.due = due;
    this.endedJobs = endedJobs;
    this.segments = segments;
    this.items = items;
    this.lanes = lanes;
  }

  @Override
  public void settle(LanePump lane, ActiveItem item, JobId job, Verdict verdict) {
    if (verdict instanceof Verdict.Ended ended) {
      jobEnded(item, ended.job());
      done(item, job);
    } else if (verdict instanceof Verdict.NothingToDo) {
      done(item, job);
    } else if (verdict instanceof Verdict.LookAgain again) {
      pause(lane, item, job);
      after(again.delay(), () -> resume(lane, item, job));
    } else if (verdict instanceof Verdict.Cut && !item.isCut()) {
      segments.look(item.batch().orElseThrow(), this);
      settle(lane, item, job, new Verdict.LookAgain(BEGIN_AGAIN));
    } else if (item.isCut()) {
      segments.endCut(item, job, this);
    } else if (verdict instanceof Verdict.Retry retry) {
      pause(lane, item, job);
      after(retry.delay(), () -> lane.whenBudgeted(item, () -> resume(lane, item, job)));
    } else if (verdict instanceof Verdict.Reroute reroute) {
      ActiveItem moved = item.hasSeveral() ? apart(item, alone(item.item(), job)) : item;
      if (reroute.hereIsNoPlace()) {
        moved.noPlaceAt(lane.model());
      }
      moved.reroute(reroute.modelId());
      settle(lanes.apply(moved.laneModel()), moved, job, reroute.then());
    } else if (verdict instanceof Verdict.Misaddressed wrong) {
      SingleJob truth = new SingleJob(JobReference.to(wrong.job().spec()));
      ActiveItem moved = item.hasSeveral() ? apart(item, truth) : item;
      moved.readdress(truth);
      LanePump there = lanes.apply(moved.laneModel());
      moved.waits(there.figures(), 1);
      putBack(there, moved, job);
    }
  }

  private static void pause(LanePump lane, ActiveItem item, JobId job) {
    item.waits(lane.figures(), 1);
    item.pause(job);
  }

  private void resume(LanePump lane, ActiveItem item, JobId job) {
    if (!item.resume(job)) {
      return;
    }
    if (item.isCut()) {
      item.waitsNoMore(1);
      segments.endCut(item, job, this);
    } else {
      putBack(lane, item, job);
    }
  }

  /** One line goes on by itself, so that those of its segment stay where they are. */
  private ActiveItem apart(ActiveItem item, SingleJob single) {
    ActiveItem part = item.apart(single);
    segments.add(part, this);
    return part;
  }

  private static SingleJob alone(WorkItem item, JobId job) {
    return new SingleJob(
        new JobReference(
            job,
            item.owner(),
            item.modelId(),
            item.priority(),
            item.tokensOf(job),
            item.outputTokensOf(job),
            0,
            Optional.empty()));
  }

  @Override
  public CompletableFuture<Boolean> begin(ActiveItem item) {
    return segments.begin(item);
  }

  @Override
  public void withdrawn(ActiveItem item, int undrawn) {
    if (undrawn > 0) {
      lanes.apply(item.laneModel()).withdrawn(undrawn);
    }
  }

  @Override
  public void settle(ActiveItem item, JobId job, Verdict verdict) {
    settle(lanes.apply(item.laneModel()), item, job, verdict);
  }

  private void jobEnded(ActiveItem item, Job job) {
    if (BatchLine.of(job.spec().id()).isEmpty()) {
      // Lines of batches are neither due by themselves nor among their owners' waiting jobs.
      endedJobs.count(job.spec().owner(), 1);
      due.clear(job);
    }
    context
        .ledger()
        .ended(
            job.spec().owner(),
            job.spec().modelId(),
            job.run().state(),
            job.run().ending().orElseThrow().at());
    // Said once; the other listeners only wait for the item to be finished.
    item.listeners().get(0).jobEnded(JobOutcome.of(job));
  }

  private void done(ActiveItem item, JobId job) {
    context.unheard().forget(job);
    context.repairs().forget(job);
    jobFinished(item);
  }

  private void jobFinished(ActiveItem item) {
    if (!item.jobFinished()) {
      return;
    }
    segments.remove(item);
    if (item.whole().isPresent()) {
      jobFinished(item.whole().get());
    } else if (item.hasSeveral()) {
      segments.ended(item, () -> finished(item));
    } else {
      finished(item);
    }
  }

  private void finished(ActiveItem item) {
    items.remove(item.item().key());
    item.listeners().forEach(listener -> listener.itemFinished(item.item()));
  }

  private static void putBack(LanePump lane, ActiveItem item, JobId job) {
    if (item.putBack(job)) {
      lane.add(item);
    }
  }

  private void after(Duration wait, Runnable task) {
    var unused = context.after(wait, Unforeseen.guarded(task));
  }

  /** Whether the job's request fits there is for the attempt to find out, which reads it. */
  @Override
  public Optional<String> instead(LanePump lane, ActiveItem item) {
    ModelCatalog catalog = context.clients().catalog();
    String own = item.item().modelId();
    return catalog.find(own).stream()
        .flatMap(model -> Stream.concat(Stream.of(own), model.fallbacks().stream()))
        .filter(id -> !id.equals(lane.model()) && item.mayMoveTo(id))
        .filter(id -> catalog.find(id).isPresent() && !context.failing().test(id))
        .findFirst();
  }
}

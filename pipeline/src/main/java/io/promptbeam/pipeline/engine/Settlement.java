package io.promptbeam.pipeline.engine;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.message.JobReference;
import io.promptbeam.store.DueEntry;
import io.promptbeam.store.EndedJobs;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What an attempt's verdict means for its job: back into a lane, or done with, and then everybody
 * who is to know hears of it. Not thread-safe: the engine's loop owns it.
 */
final class Settlement implements LanePump.Settling {
  private final AttemptContext context;
  private final DueClearer due;
  private final EndedJobs endedJobs;
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
      Map<String, ActiveItem> items,
      Function<String, LanePump> lanes) {
    this.context = context;
    this.due = due;
    this.endedJobs = endedJobs;
    this.items = items;
    this.lanes = lanes;
  }

  @Override
  public void settle(LanePump lane, ActiveItem item, JobId job, Verdict verdict) {
    if (verdict instanceof Verdict.Retry retry) {
      context.counters().waiting(1);
      after(retry.delay(), () -> lane.whenBudgeted(item, () -> putBack(lane, item, job)));
    } else if (verdict instanceof Verdict.LookAgain again) {
      context.counters().waiting(1);
      after(again.delay(), () -> putBack(lane, item, job));
    } else if (verdict instanceof Verdict.Reroute reroute) {
      if (reroute.hereIsNoPlace()) {
        item.noPlaceAt(lane.model());
      }
      item.reroute(reroute.modelId());
      settle(lanes.apply(item.laneModel()), item, job, reroute.then());
    } else if (verdict instanceof Verdict.Misaddressed wrong) {
      context.counters().waiting(1);
      item.readdress(new SingleJob(JobReference.to(wrong.job().spec())));
      putBack(lanes.apply(item.laneModel()), item, job);
    } else {
      if (verdict instanceof Verdict.Ended ended) {
        jobEnded(item, ended.job());
      }
      done(item, job);
    }
  }

  private void jobEnded(ActiveItem item, Job job) {
    context.counters().jobEnded();
    endedJobs.count(job.spec().owner(), 1);
    due.clear(DueEntry.first(job.spec()));
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
    if (item.jobFinished()) {
      items.remove(item.item().key());
      item.listeners().forEach(listener -> listener.itemFinished(item.item()));
    }
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

package io.promptbeam.pipeline;

import io.promptbeam.batch.BatchSpec;
import io.promptbeam.message.JobReference;
import io.promptbeam.outage.SparseWarning;
import io.promptbeam.pipeline.engine.JobOutcome;
import io.promptbeam.pipeline.engine.SegmentItem;
import io.promptbeam.pipeline.engine.SingleJob;
import io.promptbeam.pipeline.engine.WorkItem;
import io.promptbeam.pipeline.sweep.SweepConfig;
import io.promptbeam.pipeline.sweep.Sweeper;
import io.promptbeam.pipeline.sweep.Swept;
import io.promptbeam.store.DueEntry;
import java.time.Clock;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.beam.sdk.coders.BooleanCoder;
import org.apache.beam.sdk.coders.InstantCoder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.state.StateSpec;
import org.apache.beam.sdk.state.StateSpecs;
import org.apache.beam.sdk.state.ValueState;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.PeriodicImpulse;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every so often, looks at what is due and hands over the jobs that nobody else may remember. What
 * is wrong with the store is for the next round: the DoFn never throws.
 */
final class Sweep extends PTransform<PBegin, PCollectionTuple> {
  private static final long serialVersionUID = 1L;

  static final TupleTag<KV<Integer, WorkItem>> JOBS = new TupleTag<>() {};

  /** As {@link DecodeMessages#BATCHES}. */
  static final TupleTag<KV<String, String>> BATCHES = new TupleTag<>() {};

  static final TupleTag<JobOutcome> OUTCOMES = new TupleTag<>() {};

  private final Duration interval;
  private final boolean everythingAtStart;
  private final int shards;
  private final Worker.Factory workers;

  Sweep(LlmJobOptions options, Worker.Factory workers) {
    this.interval = Duration.standardSeconds(options.getSweepSeconds());
    this.everythingAtStart = options.getSweepEverythingAtStart();
    this.shards = options.getShards();
    this.workers = workers;
  }

  @Override
  public PCollectionTuple expand(PBegin begin) {
    PCollectionTuple swept =
        begin
            // A pipeline that was launched long after it was built has no rounds to make up for.
            .apply("Every", PeriodicImpulse.create().withInterval(interval).catchUpToNow(false))
            .apply("Buckets", ParDo.of(new BucketsFn()))
            .setCoder(KvCoder.of(VarIntCoder.of(), InstantCoder.of()))
            .apply(
                "Look",
                ParDo.of(new SweepFn(workers, interval, everythingAtStart, shards))
                    .withOutputTags(JOBS, TupleTagList.of(BATCHES).and(OUTCOMES)));
    swept.get(JOBS).setCoder(KvCoder.of(VarIntCoder.of(), new WorkItemCoder()));
    swept.get(BATCHES).setCoder(KvCoder.of(StringUtf8Coder.of(), StringUtf8Coder.of()));
    swept.get(OUTCOMES).setCoder(new JobOutcomeCoder());
    return swept;
  }

  static final class BucketsFn extends DoFn<Instant, KV<Integer, Instant>> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(@Element Instant round, OutputReceiver<KV<Integer, Instant>> out) {
      for (int bucket = 0; bucket < DueEntry.BUCKETS; bucket++) {
        out.output(KV.of(bucket, round));
      }
    }
  }

  /** Keyed by bucket, so that no two workers of a pipeline sweep one bucket at the same time. */
  static final class SweepFn extends DoFn<KV<Integer, Instant>, KV<Integer, WorkItem>> {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(Sweep.class);
    private static final SparseWarning UNSWEPT = new SparseWarning(LOG);

    /** A sweep begins nothing new after half a minute; this is for its last requests. */
    private static final long PATIENCE_SECONDS = 150;

    @StateId("everythingSeen")
    private final StateSpec<ValueState<Boolean>> everythingSeenSpec =
        StateSpecs.value(BooleanCoder.of());

    @StateId("sweptAtMillis")
    private final StateSpec<ValueState<Long>> sweptAtMillisSpec =
        StateSpecs.value(VarLongCoder.of());

    private final Counter skipped = Metrics.counter("sweep", "skipped");
    private final Counter looked = Metrics.counter("sweep", "looked");
    private final Counter handedOver = Metrics.counter("sweep", "handed_over");
    private final Counter failed = Metrics.counter("sweep", "failed");
    private final Worker.Factory workers;
    private final Duration interval;
    private final boolean everythingAtStart;
    private final int shards;
    private transient @Nullable SharedWorker worker;

    SweepFn(Worker.Factory workers, Duration interval, boolean everythingAtStart, int shards) {
      this.workers = workers;
      this.interval = interval;
      this.everythingAtStart = everythingAtStart;
      this.shards = shards;
    }

    @Setup
    public void setup() {
      worker = SharedWorker.acquire(workers);
    }

    @ProcessElement
    public void process(
        @Element KV<Integer, Instant> element,
        @StateId("everythingSeen") ValueState<Boolean> everythingSeen,
        @StateId("sweptAtMillis") ValueState<Long> sweptAtMillis,
        MultiOutputReceiver out) {
      boolean everything = everythingAtStart && !Boolean.TRUE.equals(everythingSeen.read());
      if (!everything && wasJustSwept(sweptAtMillis.read())) {
        // Rounds piled up behind a slow store; one of them is enough.
        skipped.inc();
        return;
      }
      @Nullable Swept swept =
          sweep(element.getKey(), everything ? Sweeper.Scope.EVERYTHING : Sweeper.Scope.DUE);
      if (swept == null) {
        failed.inc();
        return;
      }
      if (everything) {
        everythingSeen.write(true);
      }
      sweptAtMillis.write(System.currentTimeMillis());
      for (JobReference reference : swept.again()) {
        // By job, so that being handed over again and again leaves one copy in state, not many.
        int shard = Math.floorMod(reference.jobId().hashCode(), shards);
        out.get(JOBS).output(KV.of(shard, new SingleJob(reference)));
      }
      for (SegmentItem segment : swept.segments()) {
        out.get(JOBS).output(KV.of(ExpandBatches.shard(segment, shards), segment));
      }
      for (BatchSpec batch : swept.batches()) {
        out.get(BATCHES).output(KV.of(batch.id().hex(), batch.owner().name()));
      }
      for (JobOutcome ended : swept.ended()) {
        worker().engine().endedJobs().count(ended.owner(), 1);
        worker()
            .engine()
            .ledger()
            .ended(ended.owner(), ended.modelId(), ended.state(), Clock.systemUTC().instant());
        out.get(OUTCOMES).output(ended);
      }
      looked.inc(swept.looked());
      handedOver.inc(swept.again().size() + swept.segments().size());
    }

    /** By one clock, if perhaps of two machines; one that is far ahead or behind skips nothing. */
    private boolean wasJustSwept(@Nullable Long sweptAtMillis) {
      long age =
          sweptAtMillis == null ? Long.MAX_VALUE : System.currentTimeMillis() - sweptAtMillis;
      return age >= 0 && age < interval.getMillis() / 2;
    }

    private Worker worker() {
      if (worker == null) {
        throw new IllegalStateException("called before setup");
      }
      return worker.get();
    }

    private @Nullable Swept sweep(int bucket, Sweeper.Scope scope) {
      var sweeper =
          new Sweeper(
              worker().store(),
              worker().engine().endedNotices(),
              Clock.systemUTC(),
              SweepConfig.DEFAULT);
      try {
        return sweeper.sweep(bucket, scope).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return null;
      } catch (ExecutionException | TimeoutException | RuntimeException e) {
        UNSWEPT.warn(
            () ->
                "bucket "
                    + bucket
                    + " could not be swept; it is tried again: "
                    + SparseWarning.reason(e));
        return null;
      }
    }

    @Teardown
    public void teardown() {
      if (worker != null) {
        worker.close();
        worker = null;
      }
    }
  }
}

package io.promptbeam.templates.export;

import java.util.Map;
import java.util.TreeMap;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.PCollectionView;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says in the log what was written, once it is. */
final class Report extends DoFn<Long, Void> {
  private static final long serialVersionUID = 1L;
  private static final Logger log = LoggerFactory.getLogger(Report.class);

  private final PCollectionView<Map<String, Long>> jobsByState;
  private final String place;
  private final String unit;

  /**
   * Of a place.
   *
   * @param unit what the elements count there
   */
  Report(PCollectionView<Map<String, Long>> jobsByState, String place, String unit) {
    this.jobsByState = jobsByState;
    this.place = place;
    this.unit = unit;
  }

  @ProcessElement
  public void say(@Element Long units, ProcessContext context) {
    log.info("{}", sentence(context.sideInput(jobsByState), units, unit, place));
  }

  static String sentence(Map<String, Long> jobsByState, long units, String unit, String place) {
    long jobs = jobsByState.values().stream().mapToLong(Long::longValue).sum();
    String states = jobs == 0 ? "" : " " + new TreeMap<>(jobsByState);
    return "exported " + jobs + " jobs" + states + " to " + place + " (" + units + " " + unit + ")";
  }
}

package io.promptbeam.pipeline.engine;

import io.promptbeam.store.LaneSnapshot.Mark;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * How long one queue was when its elements came, roughly and in little room, so that somebody who
 * knows when an element came can tell how many are before it. Not thread-safe.
 */
final class Backlog {
  private static final int MAX_MARKS = 16;
  private static final long FIRST_SPACING_MILLIS = 250;

  private record Came(long atMillis, long number) {}

  private Deque<Came> marks = new ArrayDeque<>(2);
  private long spacingMillis = FIRST_SPACING_MILLIS;
  private long added;
  private long taken;

  void added(long nowMillis) {
    if (added == taken) {
      marks.clear();
      spacingMillis = FIRST_SPACING_MILLIS;
    }
    if (marks.isEmpty() || nowMillis - marks.getLast().atMillis() >= spacingMillis) {
      marks.addLast(new Came(nowMillis, added));
      if (marks.size() > MAX_MARKS) {
        thinOut();
      }
    }
    added++;
  }

  private void thinOut() {
    Deque<Came> fewer = new ArrayDeque<>(MAX_MARKS);
    boolean keep = true;
    for (Came mark : marks) {
      if (keep) {
        fewer.addLast(mark);
      }
      keep = !keep;
    }
    marks = fewer;
    spacingMillis *= 2;
  }

  void taken() {
    taken++;
    while (marks.size() > 1 && second().number() <= taken) {
      marks.removeFirst();
    }
  }

  private Came second() {
    var each = marks.iterator();
    var unused = each.next();
    return each.next();
  }

  /** Earliest first. */
  List<Mark> marks() {
    List<Mark> result = new ArrayList<>(marks.size());
    for (Came mark : marks) {
      result.add(
          new Mark(Instant.ofEpochMilli(mark.atMillis()), Math.max(0, mark.number() - taken)));
    }
    return result;
  }
}

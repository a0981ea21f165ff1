package io.promptbeam.pipeline.quota;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** The positions of one dimension that this worker has reserved. Not thread-safe. */
final class HeldPositions {
  /** From, and before. */
  record Range(long from, long to) {
    long size() {
      return to - from;
    }
  }

  private final Deque<Range> ranges = new ArrayDeque<>();
  private long size;

  long size() {
    return size;
  }

  void add(long from, long to) {
    if (to <= from) {
      return;
    }
    Range last = ranges.peekLast();
    if (last != null && last.to() == from) {
      ranges.removeLast();
      ranges.addLast(new Range(last.from(), to));
    } else {
      ranges.addLast(new Range(from, to));
    }
    size += to - from;
  }

  void clear() {
    ranges.clear();
    size = 0;
  }

  /** Puts back in front what {@link #take} gave. */
  void giveBack(List<Range> taken) {
    for (int i = taken.size() - 1; i >= 0; i--) {
      ranges.addFirst(taken.get(i));
      size += taken.get(i).size();
    }
  }

  /** Drops what is before {@code position}. */
  void forfeitBefore(long position) {
    Range first = ranges.peekFirst();
    while (first != null && first.from() < position) {
      ranges.removeFirst();
      size -= first.size();
      if (first.to() > position) {
        Range rest = new Range(position, first.to());
        ranges.addFirst(rest);
        size += rest.size();
        return;
      }
      first = ranges.peekFirst();
    }
  }

  /**
   * The first position of the last piece that {@code amount} needs: once that is due, the pieces
   * before it are, too, and only this call reaches beyond what is due.
   *
   * @param amount no more than {@link #size}
   */
  long decisive(long amount) {
    long missing = amount;
    for (Range range : ranges) {
      if (missing <= range.size()) {
        return range.from();
      }
      missing -= range.size();
    }
    throw new IllegalStateException("more is asked for than is held");
  }

  List<Range> take(long amount) {
    List<Range> taken = new ArrayList<>(1);
    long missing = amount;
    while (missing > 0) {
      Range first = ranges.removeFirst();
      if (first.size() > missing) {
        long cut = first.from() + missing;
        ranges.addFirst(new Range(cut, first.to()));
        first = new Range(first.from(), cut);
      }
      taken.add(first);
      missing -= first.size();
    }
    size -= amount;
    return taken;
  }

  /**
   * The position behind the first {@code amount}.
   *
   * @param amount no more than {@link #size}, and above 0
   */
  long after(long amount) {
    long missing = amount;
    for (Range range : ranges) {
      if (missing <= range.size()) {
        return range.from() + missing;
      }
      missing -= range.size();
    }
    throw new IllegalStateException("more is asked for than is held");
  }
}

package io.promptbeam.pipeline.engine;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Segments' items as bytes. Stored: an update must read what its predecessor wrote. */
public final class SegmentPlan {
  private static final int VERSION = 1;

  private SegmentPlan() {}

  /** All items of one segment. */
  public static byte[] encode(List<SegmentItem> items) {
    var bytes = new ByteArrayOutputStream();
    var data = new DataOutputStream(bytes);
    try {
      data.writeByte(VERSION);
      data.writeInt(items.size());
      for (SegmentItem item : items) {
        data.writeInt(item.encoded().length);
        data.write(item.encoded());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
    return bytes.toByteArray();
  }

  /** What {@link #encode} wrote. */
  public static List<SegmentItem> decode(byte[] plan) {
    var data = new DataInputStream(new ByteArrayInputStream(plan));
    try {
      int version = data.readByte();
      if (version != VERSION) {
        throw new IllegalArgumentException("unknown version of a segment's plan: " + version);
      }
      int count = data.readInt();
      List<SegmentItem> items = new ArrayList<>(Math.min(count, 16));
      for (int i = 0; i < count; i++) {
        byte[] item = new byte[data.readInt()];
        data.readFully(item);
        items.add(SegmentItem.decode(item));
      }
      return items;
    } catch (IOException e) {
      throw new IllegalArgumentException("a segment's plan is cut short", e);
    }
  }
}

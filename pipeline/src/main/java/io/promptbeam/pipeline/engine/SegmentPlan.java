package io.promptbeam.pipeline.engine;

import io.promptbeam.batch.BatchId;
import io.promptbeam.job.Owner;
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
        write(item, data);
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
        items.add(read(data));
      }
      return items;
    } catch (IOException e) {
      throw new IllegalArgumentException("a segment's plan is cut short", e);
    }
  }

  /** One item. */
  public static void write(SegmentItem item, DataOutputStream out) throws IOException {
    out.writeUTF(item.batch().hex());
    out.writeInt(item.segment());
    out.writeUTF(item.owner().name());
    out.writeUTF(item.modelId());
    out.writeShort(item.size());
    for (int i = 0; i < item.size(); i++) {
      out.writeInt(item.line(i));
      out.writeInt(item.inputTokens(i));
      out.writeInt(item.outputTokens(i));
    }
  }

  /** What {@link #write} wrote. */
  public static SegmentItem read(DataInputStream in) throws IOException {
    BatchId batch = new BatchId(in.readUTF());
    int segment = in.readInt();
    Owner owner = new Owner(in.readUTF());
    String modelId = in.readUTF();
    int size = in.readUnsignedShort();
    int[] lines = new int[size];
    int[] inputTokens = new int[size];
    int[] outputTokens = new int[size];
    for (int i = 0; i < size; i++) {
      lines[i] = in.readInt();
      inputTokens[i] = in.readInt();
      outputTokens[i] = in.readInt();
    }
    return new SegmentItem(batch, segment, owner, modelId, lines, inputTokens, outputTokens);
  }
}

package io.promptbeam.pipeline.engine;

import io.promptbeam.batch.BatchId;
import io.promptbeam.job.Owner;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** A segment's item as bytes: small numbers take one or two. */
final class SegmentBytes {
  private SegmentBytes() {}

  static byte[] write(SegmentItem item) {
    var bytes = new ByteArrayOutputStream(64 + item.size() * 5);
    var data = new DataOutputStream(bytes);
    try {
      data.writeUTF(item.batch().hex());
      data.writeInt(item.segment());
      data.writeUTF(item.owner().name());
      data.writeUTF(item.modelId());
      data.writeShort(item.size());
      int before = 0;
      for (int i = 0; i < item.size(); i++) {
        writeSmall(data, item.line(i) - before);
        before = item.line(i);
        writeSmall(data, item.inputTokens(i));
        writeSmall(data, item.outputTokens(i));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
    return bytes.toByteArray();
  }

  /**
   * What {@link #write} wrote.
   *
   * @throws IllegalArgumentException when it did not
   */
  static SegmentItem read(byte[] written) {
    var data = new DataInputStream(new ByteArrayInputStream(written));
    try {
      BatchId batch = new BatchId(data.readUTF());
      int segment = data.readInt();
      Owner owner = new Owner(data.readUTF());
      String modelId = data.readUTF();
      int size = data.readUnsignedShort();
      int[] lines = new int[size];
      int[] inputTokens = new int[size];
      int[] outputTokens = new int[size];
      int before = 0;
      for (int i = 0; i < size; i++) {
        before += readSmall(data);
        lines[i] = before;
        inputTokens[i] = readSmall(data);
        outputTokens[i] = readSmall(data);
      }
      return new SegmentItem(batch, segment, owner, modelId, lines, inputTokens, outputTokens);
    } catch (IOException e) {
      throw new IllegalArgumentException("a segment's item is cut short", e);
    }
  }

  /** Seven bits a byte, the lowest first; the highest bit says that more follow. */
  private static void writeSmall(DataOutputStream out, int number) throws IOException {
    int left = number;
    while ((left & ~0x7f) != 0) {
      out.writeByte((left & 0x7f) | 0x80);
      left >>>= 7;
    }
    out.writeByte(left);
  }

  private static int readSmall(DataInputStream in) throws IOException {
    int number = 0;
    for (int shift = 0; shift < Integer.SIZE; shift += 7) {
      int next = in.readUnsignedByte();
      number |= (next & 0x7f) << shift;
      if ((next & 0x80) == 0) {
        return number;
      }
    }
    throw new IllegalArgumentException("a segment's item has a number that is too long");
  }
}

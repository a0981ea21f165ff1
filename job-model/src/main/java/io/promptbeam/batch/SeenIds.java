package io.promptbeam.batch;

import io.promptbeam.job.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * Which ids came before, by 128 bits of their SHA-256: a million ids take 32 MB, whatever their
 * length. Not thread-safe.
 */
public final class SeenIds {
  private static final int FIRST_SLOTS = 1 << 6;

  private final MessageDigest digest = Sha256.digest();

  /** Open addressing, two longs a slot; both zero where it is free. */
  private long[] slots = new long[2 * FIRST_SLOTS];

  private int size;

  /** False when it came before. */
  public boolean add(String id) {
    ByteBuffer hash = ByteBuffer.wrap(digest.digest(id.getBytes(StandardCharsets.UTF_8)));
    if (!put(slots, hash.getLong(), hash.getLong())) {
      return false;
    }
    size++;
    if (size * 2 > slots.length / 2) {
      grow();
    }
    return true;
  }

  private void grow() {
    long[] larger = new long[slots.length * 2];
    for (int at = 0; at < slots.length; at += 2) {
      if (slots[at] != 0 || slots[at + 1] != 0) {
        put(larger, slots[at], slots[at + 1]);
      }
    }
    slots = larger;
  }

  private static boolean put(long[] into, long first, long second) {
    int mask = into.length / 2 - 1;
    int slot = (int) first & mask;
    while (into[2 * slot] != 0 || into[2 * slot + 1] != 0) {
      if (into[2 * slot] == first && into[2 * slot + 1] == second) {
        return false;
      }
      slot = (slot + 1) & mask;
    }
    into[2 * slot] = first;
    into[2 * slot + 1] = second;
    return true;
  }
}

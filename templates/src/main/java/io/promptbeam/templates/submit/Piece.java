package io.promptbeam.templates.submit;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.promptbeam.batch.ModelLoad;
import io.promptbeam.job.Sha256;
import io.promptbeam.store.FileStore;
import java.io.ByteArrayOutputStream;
import java.io.Serializable;
import java.math.BigInteger;
import java.util.Comparator;
import java.util.TreeMap;
import org.apache.beam.sdk.values.KV;

/**
 * Some neighbouring lines of the batch's file, without their bytes.
 *
 * @param source of the first of them
 * @param number of the first of them
 * @param sha256 of its bytes
 * @param content the same for the same lines in any order, and sums up over pieces
 * @param loads of its lines, by model
 */
record Piece(
    String source,
    long number,
    int lines,
    int bytes,
    String sha256,
    BigInteger content,
    TreeMap<String, ModelLoad> loads)
    implements Serializable {
  /** As lines lie in files, files by name; what has no numbers in an order that stays the same. */
  static final Comparator<Piece> ORDER =
      Comparator.comparing(Piece::source)
          .thenComparingLong(Piece::number)
          .thenComparing(Piece::sha256);

  static final int USUAL_BYTES = 1_000_000;

  private static final BigInteger CONTENT_MODULUS = BigInteger.ONE.shiftLeft(256);

  /** How many parts it is stored in. */
  int chunks() {
    return (bytes + FileStore.MAX_CHUNK_BYTES - 1) / FileStore.MAX_CHUNK_BYTES;
  }

  static BigInteger sum(BigInteger one, BigInteger other) {
    return one.add(other).mod(CONTENT_MODULUS);
  }

  /** Gathers lines until there are enough of them. Not thread-safe. */
  static final class Builder {
    private final String source;
    private final long number;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final TreeMap<String, ModelLoad> loads = new TreeMap<>();
    private BigInteger content = BigInteger.ZERO;
    private int lines;
    private long lastNumber;

    Builder(PreparedLine first) {
      source = first.source();
      number = first.number();
      lastNumber = number;
    }

    /** Whether the line may follow what is here. */
    boolean isBefore(PreparedLine line) {
      return source.equals(line.source()) && lastNumber <= line.number();
    }

    void add(PreparedLine line) {
      byte[] json = line.json().getBytes(UTF_8);
      bytes.writeBytes(json);
      bytes.write('\n');
      lastNumber = line.number();
      content = sum(content, new BigInteger(1, Sha256.of(json)));
      loads.merge(
          line.modelId(),
          new ModelLoad(1, line.inputTokens(), line.outputTokens()),
          ModelLoad::plus);
      lines++;
    }

    boolean isFull() {
      return bytes.size() >= USUAL_BYTES;
    }

    KV<Piece, byte[]> build() {
      byte[] all = bytes.toByteArray();
      String sha256 = Sha256.hex(all);
      return KV.of(new Piece(source, number, lines, all.length, sha256, content, loads), all);
    }
  }
}

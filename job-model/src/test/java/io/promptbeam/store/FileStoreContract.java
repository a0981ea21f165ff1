package io.promptbeam.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.batch.FileId;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.job.Owner;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every store does with files. Every test has an owner of its own. */
abstract class FileStoreContract {
  private static final int PIECE = 1_000_000;

  final Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
  final Owner owner = new Owner("o-" + UUID.randomUUID());
  JobStore store;
  FileStore files;

  abstract JobStore open();

  @BeforeEach
  void openStore() {
    store = open();
    files = store.files();
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  private StoredFile completed(String purpose, int millis) {
    StoredFile file = Batches.file(owner, purpose, now.plusMillis(millis), 0);
    files.complete(file).join();
    return file;
  }

  /** Uploads in writes of odd lengths, and reads the lines back. */
  private List<FileLines.Line> roundTrip(byte[] content, Random random) {
    FileId id = FileId.random();
    FileUpload upload = new FileUpload(files, id);
    int at = 0;
    while (at < content.length) {
      int count = Math.min(content.length - at, 1 + random.nextInt(100_000));
      upload.write(content, at, count);
      at += count;
    }
    return read(upload, id);
  }

  private List<FileLines.Line> read(FileUpload upload, FileId id) {
    upload.close();
    StoredFile file =
        new StoredFile(id, owner, "n", "batch", 0, upload.chunks(), true, now, Optional.empty());
    FileLines reader = new FileLines(files, file);
    List<FileLines.Line> lines = new ArrayList<>();
    for (var line = reader.next(); line.isPresent(); line = reader.next()) {
      lines.add(line.get());
    }
    assertThat(reader.next()).isEmpty();
    return lines;
  }

  private static void assertLine(FileLines.Line line, int number, byte[] bytes) {
    assertThat(line.number()).isEqualTo(number);
    assertThat(Arrays.equals(line.bytes().orElseThrow(), bytes)).as("line " + number).isTrue();
  }

  @Test
  void file_isThere_onceItIsComplete() {
    StoredFile file = Batches.file(owner, "batch", now, 2);
    files.putChunk(file.id(), 0, new byte[] {1}).join();
    files.putChunk(file.id(), 1, new byte[] {2, 3}).join();
    assertThat(files.read(file.id()).join()).isEmpty();
    files.complete(file).join();
    files.complete(file).join();
    assertThat(files.read(file.id()).join()).contains(file);
    assertThat(files.chunk(file.id(), 1).join()).containsExactly(2, 3);
    assertThat(files.list(owner, Optional.empty(), true, Optional.empty(), 9).join())
        .containsExactly(file);
    assertThatThrownBy(() -> files.chunk(file.id(), 2).join())
        .hasCauseInstanceOf(StoreUnavailableException.class);
  }

  @Test
  void lists_goBothWays_andByPurpose() {
    StoredFile a = completed("batch", 0);
    StoredFile b = completed("other", 1);
    StoredFile c = completed("batch", 2);
    StoredFile d = completed("batch", 3);
    Owner other = new Owner(owner.name() + "x");
    StoredFile others = Batches.file(other, "batch", now, 0);
    files.complete(others).join();
    Optional<String> all = Optional.empty();
    Optional<String> batch = Optional.of("batch");
    assertThat(files.list(owner, all, true, Optional.empty(), 9).join())
        .containsExactly(d, c, b, a);
    assertThat(files.list(owner, all, false, Optional.empty(), 2).join()).containsExactly(a, b);
    assertThat(files.list(owner, batch, false, Optional.empty(), 2).join()).containsExactly(a, c);
    assertThat(files.list(owner, batch, false, Optional.of(b.id()), 9).join())
        .containsExactly(c, d);
    assertThat(files.list(owner, batch, true, Optional.of(c.id()), 9).join()).containsExactly(a);
    assertThat(files.list(owner, all, true, Optional.of(a.id()), 9).join()).isEmpty();
    assertThat(files.list(owner, all, true, Optional.of(others.id()), 9).join()).isEmpty();
    files.delete(c).join();
    assertThat(files.list(owner, batch, true, Optional.empty(), 9).join()).containsExactly(d, a);
  }

  @Test
  void unlistedAndExpiredFiles_areInNoList() {
    StoredFile file = Batches.file(owner, "batch", now, 0);
    StoredFile unlisted =
        new StoredFile(file.id(), owner, "n", "batch", 1, 0, false, now, Optional.empty());
    files.complete(unlisted).join();
    StoredFile expired =
        new StoredFile(
            FileId.random(), owner, "n", "batch", 1, 0, true, now, Optional.of(now.minusMillis(1)));
    files.complete(expired).join();
    assertThat(files.read(unlisted.id()).join()).contains(unlisted);
    assertThat(files.read(expired.id()).join()).isEmpty();
    assertThat(files.list(owner, Optional.empty(), true, Optional.empty(), 9).join()).isEmpty();
  }

  @Test
  void delete_removesThePieces_andMayBeRepeated() {
    StoredFile file = Batches.file(owner, "batch", now, 2);
    files.putChunk(file.id(), 0, new byte[] {1}).join();
    files.putChunk(file.id(), 1, new byte[] {2}).join();
    files.complete(file).join();
    files.delete(file).join();
    files.delete(file).join();
    assertThat(files.read(file.id()).join()).isEmpty();
    for (int i = 0; i < 2; i++) {
      int index = i;
      assertThatThrownBy(() -> files.chunk(file.id(), index).join())
          .hasCauseInstanceOf(StoreUnavailableException.class);
    }
  }

  @Test
  void lines_comeBackAsTheyWere_whateverTheirLengthsAndEnds() {
    Random random = new Random(17);
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    List<byte[]> lines = new ArrayList<>();
    List<Integer> numbers = new ArrayList<>();
    int number = 0;
    for (int i = 0; i < 60; i++) {
      number++;
      if (random.nextInt(6) == 0) {
        content.writeBytes(random.nextBoolean() ? "\n".getBytes(UTF_8) : " \t\r\n".getBytes(UTF_8));
        continue;
      }
      int length = random.nextInt(10) == 0 ? random.nextInt(3_000_000) : random.nextInt(50_000);
      // Four bytes each, so that pieces end inside of one.
      byte[] line = ("x".repeat(random.nextInt(4)) + "😀".repeat(length / 4) + "z").getBytes(UTF_8);
      lines.add(line);
      numbers.add(number);
      content.writeBytes(line);
      content.writeBytes((i == 59 ? "" : random.nextBoolean() ? "\n" : "\r\n").getBytes(UTF_8));
    }
    List<FileLines.Line> read = roundTrip(content.toByteArray(), random);
    assertThat(read).hasSameSizeAs(lines);
    for (int i = 0; i < lines.size(); i++) {
      assertLine(read.get(i), numbers.get(i), lines.get(i));
    }
  }

  @Test
  void tooLongLine_isFlagged_andTheNextOneIsReadRight() {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    content.writeBytes("first\n".getBytes(UTF_8));
    content.writeBytes("ä".repeat(5 * 1024 * 1024).getBytes(UTF_8));
    content.writeBytes("\r\nnext\n".getBytes(UTF_8));
    List<FileLines.Line> read = roundTrip(content.toByteArray(), new Random(3));
    assertThat(read).hasSize(3);
    assertLine(read.get(0), 1, "first".getBytes(UTF_8));
    assertThat(read.get(1)).isEqualTo(new FileLines.Line(2, Optional.empty()));
    assertLine(read.get(2), 3, "next".getBytes(UTF_8));
  }

  @Test
  void lines_areWhole_whenAPieceEndsExactlyWithOne() {
    for (int around : new int[] {-2, -1, 0, 1}) {
      byte[] first = "a".repeat(PIECE - 1 + around).getBytes(UTF_8);
      ByteArrayOutputStream content = new ByteArrayOutputStream();
      content.writeBytes(first);
      content.writeBytes("\n\r\nb\r\n".getBytes(UTF_8));
      List<FileLines.Line> read = roundTrip(content.toByteArray(), new Random(around));
      assertThat(read).hasSize(2);
      assertLine(read.get(0), 1, first);
      assertLine(read.get(1), 3, "b".getBytes(UTF_8));
    }
  }

  @Test
  void emptyFile_hasNoLines() {
    assertThat(roundTrip(new byte[0], new Random(1))).isEmpty();
  }
}

package io.promptbeam.templates.submit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.batch.ModelLoad;
import io.promptbeam.job.Owner;
import io.promptbeam.store.FileStore;
import io.promptbeam.submit.CompletionWindow;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class BatchPlanTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

  private static Submission submission(String id, boolean rejectsKept) {
    return new Submission(
        id,
        new Owner("o"),
        "/v1/chat/completions",
        CompletionWindow.parse("24h").orElseThrow(),
        new TreeMap<>(),
        false,
        rejectsKept);
  }

  private static BatchPlan plan(Piece... pieces) {
    return BatchPlan.of(submission("s", false), List.of(pieces), RejectTally.NONE, NOW);
  }

  private static PreparedLine line(String source, long number) {
    String id = source + number;
    return new PreparedLine(source, number, id, "{\"id\":\"" + id + "\"}", "m", 3, 5);
  }

  private static Piece piece(PreparedLine... lines) {
    Piece.Builder builder = new Piece.Builder(lines[0]);
    for (PreparedLine line : lines) {
      builder.add(line);
    }
    return builder.build().getKey();
  }

  private static Piece large(String sha256, long number, int bytes) {
    return new Piece("a", number, 1, bytes, sha256, BigInteger.ONE, new TreeMap<>());
  }

  @Test
  void pieces_lieByFileAndRow_howeverTheyCome() {
    Piece one = piece(line("a", 1), line("a", 2));
    Piece two = piece(line("a", 10));
    Piece three = piece(line("b", 1));
    BatchPlan plan = plan(three, two, one);
    assertThat(plan.firstChunks())
        .containsEntry(one.sha256(), 0)
        .containsEntry(two.sha256(), 1)
        .containsEntry(three.sha256(), 2);
    assertThat(plan.lines()).isEqualTo(4);
    assertThat(plan.loads()).containsOnlyKeys("m").containsValue(new ModelLoad(4, 12, 20));
    assertThat(plan(one, two, three)).isEqualTo(plan);
  }

  @Test
  void piece_takesAsManyChunks_asItHasBytesFor() {
    BatchPlan plan =
        plan(
            large("x", 1, FileStore.MAX_CHUNK_BYTES),
            large("y", 2, FileStore.MAX_CHUNK_BYTES + 1),
            large("z", 3, 1));
    assertThat(plan.firstChunks()).containsEntry("y", 1).containsEntry("z", 3);
    assertThat(plan.chunks()).isEqualTo(4);
  }

  @Test
  void batch_isKnownAgain_whenItsLinesComeInAnotherOrder() {
    BatchPlan one = plan(piece(line("t", 0), line("u", 0)), piece(line("v", 0)));
    BatchPlan other = plan(piece(line("v", 0), line("u", 0)), piece(line("t", 0)));
    assertThat(other.requestHash()).isEqualTo(one.requestHash());
    assertThat(other.fileHex()).isNotEqualTo(one.fileHex());
    assertThat(plan(piece(line("v", 0), line("u", 0))).requestHash())
        .isNotEqualTo(one.requestHash());
  }

  @Test
  void file_isAnother_forAnotherSubmission() {
    List<Piece> pieces = List.of(piece(line("a", 1)));
    assertThat(BatchPlan.of(submission("other", false), pieces, RejectTally.NONE, NOW).fileHex())
        .isNotEqualTo(plan(pieces.get(0)).fileHex());
  }

  @Test
  void plan_isRefused_whenItIsTooLarge() {
    Piece[] pieces = new Piece[22];
    for (int i = 0; i < pieces.length; i++) {
      pieces[i] = large("p" + i, i, 100_000_000);
    }
    assertThatThrownBy(() -> plan(pieces))
        .hasMessageContaining("a batch has at most 1000000 lines");
  }

  @Test
  void plan_isRefused_whenNothingIsLeft() {
    assertThatThrownBy(() -> plan()).hasMessageContaining("there are no rows");
    RejectTally one =
        new RejectTally(
            1, new ArrayList<>(List.of(new RejectTally.Example("a.csv:1", "code", "Bad."))));
    assertThatThrownBy(() -> BatchPlan.of(submission("s", true), List.of(), one, NOW))
        .hasMessageContaining("1 row cannot be used. a.csv:1: Bad. No other rows are left");
  }
}

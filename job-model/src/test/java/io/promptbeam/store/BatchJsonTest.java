package io.promptbeam.store;

import static io.promptbeam.store.TestJobs.T0;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchRun;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.BatchStatus;
import io.promptbeam.batch.Cut;
import io.promptbeam.batch.FileId;
import io.promptbeam.batch.LineProblem;
import io.promptbeam.batch.ModelLoad;
import io.promptbeam.batch.SegmentTally;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Usage;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchJsonTest {
  private static final BatchId ID = new BatchId("0123456789abcdef01234567");
  private static final SegmentTally TALLY =
      new SegmentTally(250, 3, 2, 1, new Usage(10, 4, 20, 5), new BigDecimal("0.00001230"));
  private static final String TALLY_JSON =
      "{'completed':250,'failed':3,'cancelled':2,'expired':1,'input':10,'cached':4,'output':20,"
          + "'reasoning':5,'cost':'0.00001230'}";

  private static void is(byte[] stored, String json) {
    assertThat(new String(stored, UTF_8)).isEqualTo(json.replace('\'', '"'));
  }

  private static byte[] json(String text) {
    return text.replace('\'', '"').getBytes(UTF_8);
  }

  @Test
  void spec_isTheseBytes() {
    BatchSpec spec = Batches.spec(ID, new Owner("ann"), BatchProtocol.OPENAI, T0);
    String stored =
        "{'id':'0123456789abcdef01234567','owner':'ann','protocol':'openai',"
            + "'input':'0123456789abcdef01234567','endpoint':'/v1/chat/completions',"
            + "'window':'24h','created_at':'2026-11-23T10:00:00Z',"
            + "'expires_at':'2026-11-24T10:00:00Z','metadata':{'team':'ä'},"
            + "'output_kept_seconds':7200,'request_hash':'"
            + "ab".repeat(32)
            + "'}";
    is(BatchJson.encode(spec), stored);
    assertThat(BatchJson.decodeSpec(json(stored))).isEqualTo(spec);
  }

  @Test
  void spec_isRead_withOnlyWhatItMustHave() {
    BatchSpec spec =
        BatchJson.decodeSpec(
            json(
                "{'id':'0123456789abcdef01234567','owner':'ann','protocol':'anthropic',"
                    + "'input':'0123456789abcdef01234567','endpoint':'/v1/messages','window':'24h',"
                    + "'created_at':'2026-11-23T10:00:00Z','expires_at':'2026-11-24T10:00:00Z',"
                    + "'retry_of':'ffffffffffffffffffffffff','later':1}"));
    assertThat(spec.metadata()).isEqualTo(Map.of());
    assertThat(spec.outputKept()).isEmpty();
    assertThat(spec.requestHash()).isEmpty();
    assertThat(spec.retryOf()).contains(new BatchId("f".repeat(24)));
    assertThat(BatchJson.decodeSpec(BatchJson.encode(spec))).isEqualTo(spec);
  }

  @Test
  void runs_areTheseBytes() {
    is(BatchJson.encode(BatchRun.NEW), "{'status':'validating','lines':0}");
    BatchRun started = BatchRun.NEW.started(300, T0);
    is(
        BatchJson.encode(started),
        "{'status':'in_progress','lines':300,'started_at':'2026-11-23T10:00:00Z'}");
    BatchRun ended =
        started.ended(Optional.of(new Cut(Cut.Kind.CANCELLED, T0)), TALLY, T0.plusSeconds(1));
    String stored =
        "{'status':'cancelled','lines':300,'started_at':'2026-11-23T10:00:00Z',"
            + "'ended_at':'2026-11-23T10:00:01Z','totals':"
            + TALLY_JSON
            + "}";
    is(BatchJson.encode(ended), stored);
    assertThat(BatchJson.decodeRun(json(stored))).isEqualTo(ended);
    BatchRun failed = BatchRun.NEW.failed(9, List.of(new LineProblem("c", "m", "p", 4)), 120, T0);
    String storedFailed =
        "{'status':'failed','lines':9,'problem_count':120,'problems':[{'code':'c','message':'m',"
            + "'param':'p','line':4}],'ended_at':'2026-11-23T10:00:00Z'}";
    is(BatchJson.encode(failed), storedFailed);
    assertThat(BatchJson.decodeRun(json(storedFailed))).isEqualTo(failed);
    for (BatchRun run : List.of(BatchRun.NEW, started)) {
      assertThat(BatchJson.decodeRun(BatchJson.encode(run))).isEqualTo(run);
    }
  }

  @Test
  void run_keepsWhatItsLinesAskOfModels() {
    BatchRun started = BatchRun.NEW.started(3, Map.of("one", new ModelLoad(3, 40, 50)), T0);
    String stored =
        "{'status':'in_progress','lines':3,'started_at':'2026-11-23T10:00:00Z',"
            + "'loads':{'one':{'lines':3,'input':40,'output':50}}}";
    is(BatchJson.encode(started), stored);
    assertThat(BatchJson.decodeRun(json(stored))).isEqualTo(started);
  }

  @Test
  void statuses_keepTheirNames() {
    assertThat(BatchStatus.values())
        .extracting(BatchStatus::wireName)
        .containsExactly(
            "validating", "in_progress", "failed", "completed", "expired", "cancelled");
  }

  @Test
  void cuts_andTallies_areTheseBytes() {
    Cut cut = new Cut(Cut.Kind.EXPIRED, T0);
    is(BatchJson.encode(cut), "{'kind':'expired','at':'2026-11-23T10:00:00Z'}");
    assertThat(BatchJson.decodeCut(BatchJson.encode(cut))).isEqualTo(cut);
    is(BatchJson.encode(TALLY), TALLY_JSON);
    assertThat(BatchJson.decodeTally(json(TALLY_JSON))).isEqualTo(TALLY);
  }

  @Test
  void file_isTheseBytes() {
    StoredFile file =
        new StoredFile(
            new FileId(ID.hex()),
            new Owner("ann"),
            "ä.jsonl",
            "batch",
            3_000_000_000L,
            3_000,
            true,
            T0,
            Optional.of(T0.plusSeconds(3600)));
    String stored =
        "{'id':'0123456789abcdef01234567','owner':'ann','name':'ä.jsonl','purpose':'batch',"
            + "'bytes':3000000000,'chunks':3000,'listed':true,"
            + "'created_at':'2026-11-23T10:00:00Z','expires_at':'2026-11-23T11:00:00Z'}";
    is(BatchJson.encode(file), stored);
    assertThat(BatchJson.decodeFile(json(stored))).isEqualTo(file);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "7",
        "{}",
        "{'kind':'expired','at':'soon'}",
        "{'kind':'other','at':'x'}",
        "{'status':'in_progress','started_at':'soon'}",
        "{'status':'other'}",
        "{'id':'0123456789abcdef01234567','owner':'a','name':'n','purpose':'p','created_at':'x'}"
      })
  void malformed_isRefusedAsSuch(String stored) {
    assertThatThrownBy(() -> BatchJson.decodeCut(json(stored)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> BatchJson.decodeRun(json(stored)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> BatchJson.decodeFile(json(stored)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> BatchJson.decodeSpec(json(stored)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> BatchJson.decodeTally(json(stored)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

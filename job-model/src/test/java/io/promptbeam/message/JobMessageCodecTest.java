package io.promptbeam.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.batch.BatchId;
import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.message.MalformedMessageException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JobMessageCodecTest {
  private static final JobReference REFERENCE =
      new JobReference(
          new JobId(UUID.fromString("0d9f6a7e-58a3-4c1b-9d68-2f1f6a1b7c11")),
          new Owner("team-a"),
          "mock",
          Priority.BATCH,
          812,
          3,
          Optional.of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
  private static final String REFERENCE_JSON =
      "{\"v\":1,\"kind\":\"job\",\"job_id\":\"0d9f6a7e-58a3-4c1b-9d68-2f1f6a1b7c11\","
          + "\"owner\":\"team-a\",\"model\":\"mock\",\"priority\":\"batch\",\"token_estimate\":812,"
          + "\"dispatch_sequence\":3,"
          + "\"traceparent\":\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\"}";
  private static final String INLINE_JSON =
      "{\"v\":1,\"kind\":\"inline_job\",\"owner\":\"team-a\",\"idempotency_key\":\"order-7\","
          + "\"submission\":{\"model\":\"mock\",\"prompt\":\"SECRET é\",\"top_p\":0.10}}";

  @Test
  void reference_isTheseBytes() throws Exception {
    assertThat(text(JobMessageCodec.encode(REFERENCE))).isEqualTo(REFERENCE_JSON);
    assertThat(JobMessageCodec.decode(bytes(REFERENCE_JSON)))
        .isEqualTo(new JobMessage.Reference(REFERENCE));
  }

  @Test
  void references_areTheseBytes() throws Exception {
    var together = new JobMessage.References(List.of(REFERENCE, REFERENCE));
    String entry = REFERENCE_JSON.replace("\"v\":1,\"kind\":\"job\",", "");
    String json = "{\"v\":1,\"kind\":\"jobs\",\"jobs\":[" + entry + "," + entry + "]}";
    assertThat(text(JobMessageCodec.encode(together))).isEqualTo(json);
    assertThat(JobMessageCodec.decode(bytes(json))).isEqualTo(together);
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "{}", "[1]", "[null]", "\"x\""})
  void references_areInvalid_whenTheyAreNotAListOfSome(String jobs) throws Exception {
    String json = "{\"v\":1,\"kind\":\"jobs\",\"jobs\":" + jobs + "}";
    assertThat(failure(bytes(json)).reason()).isEqualTo(Reason.INVALID_FIELD);
  }

  @Test
  void reference_needsNoTraceparent_andIgnoresUnknownFields() throws Exception {
    JobReference bare =
        new JobReference(
            REFERENCE.jobId(), Owner.LOCAL, "m", Priority.INTERACTIVE, 0, 0, Optional.empty());
    String json = text(JobMessageCodec.encode(bare));
    assertThat(json).doesNotContain("traceparent");
    String newer = "{\"added_later\":[{}]," + json.substring(1);
    assertThat(JobMessageCodec.decode(bytes(newer))).isEqualTo(new JobMessage.Reference(bare));
  }

  @Test
  void inline_isTheseBytes() throws Exception {
    JobMessage.Inline inline = (JobMessage.Inline) JobMessageCodec.decode(bytes(INLINE_JSON));
    assertThat(inline.owner()).isEqualTo(new Owner("team-a"));
    assertThat(inline.idempotencyKey()).isEqualTo("order-7");
    assertThat(inline.submission().get("prompt").textValue()).isEqualTo("SECRET é");
    assertThat(text(JobMessageCodec.encode(inline))).isEqualTo(INLINE_JSON);
  }

  @ParameterizedTest
  @ValueSource(strings = {REFERENCE_JSON, INLINE_JSON})
  void decode_isMalformed_whenTruncatedAnywhere(String json) {
    byte[] whole = bytes(json);
    for (int length = 0; length < whole.length; length++) {
      assertThat(failure(Arrays.copyOf(whole, length)).reason()).isEqualTo(Reason.NOT_JSON);
    }
  }

  @Test
  void batch_isReadAsItWasWritten_andAsItIsStored() throws Exception {
    var batch = new JobMessage.OfBatch(new BatchId("0123456789abcdef01234567"), new Owner("alice"));
    String stored =
        "{\"v\":1,\"kind\":\"batch\",\"batch_id\":\"0123456789abcdef01234567\",\"owner\":\"alice\"}";
    assertThat(JobMessageCodec.encode(batch)).asString(StandardCharsets.UTF_8).isEqualTo(stored);
    assertThat(JobMessageCodec.decode(stored.getBytes(StandardCharsets.UTF_8))).isEqualTo(batch);
    byte[] wrong = stored.replace("0123456789abcdef", "SECRET").getBytes(StandardCharsets.UTF_8);
    assertThat(failure(wrong).reason()).isEqualTo(Reason.INVALID_FIELD);
  }

  @Test
  void decode_isMalformed_whenBytesAreRandom() {
    Random random = new Random(20261123);
    for (int i = 0; i < 20_000; i++) {
      byte[] message = new byte[random.nextInt(64)];
      random.nextBytes(message);
      assertThat(failure(message).reason()).isEqualTo(Reason.NOT_JSON);
    }
  }

  @Test
  void decode_readsOrIsMalformed_whenAByteIsWrong() {
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      byte[] message = bytes(REFERENCE_JSON);
      message[random.nextInt(message.length)] = (byte) random.nextInt(256);
      try {
        assertThat(JobMessageCodec.decode(message)).isInstanceOf(JobMessage.Reference.class);
      } catch (MalformedMessageException e) {
        assertThat(e.reason()).isNotEqualTo(Reason.TOO_LARGE);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          v                 | 2                 | UNSUPPORTED_VERSION
          v                 | 0                 | UNSUPPORTED_VERSION
          v                 | "1"               | INVALID_FIELD
          v                 | 1.5               | INVALID_FIELD
          kind              | "another"         | UNKNOWN_KIND
          kind              | 1                 | INVALID_FIELD
          job_id            | "SECRET"          | INVALID_FIELD
          job_id            | {}                | INVALID_FIELD
          owner             | "a#SECRET"        | INVALID_FIELD
          owner             | ""                | INVALID_FIELD
          owner             | ["SECRET"]        | INVALID_FIELD
          model             | ""                | INVALID_FIELD
          model             | false             | INVALID_FIELD
          priority          | "SECRET"          | INVALID_FIELD
          token_estimate    | -1                | INVALID_FIELD
          token_estimate    | 1e9               | INVALID_FIELD
          token_estimate    | 100000001         | INVALID_FIELD
          token_estimate    | 99999999999999999999 | INVALID_FIELD
          dispatch_sequence | 2147483648        | INVALID_FIELD
          dispatch_sequence | -1                | INVALID_FIELD
          traceparent       | 5                 | INVALID_FIELD
          """)
  void decode_namesTheFieldOnly_whenItIsWrong(String field, String value, Reason reason)
      throws Exception {
    ObjectNode json = (ObjectNode) new JsonMapper().readTree(REFERENCE_JSON);
    json.set(field, new JsonMapper().readTree(value));
    assertThat(failure(bytes(json.toString())).reason()).isEqualTo(reason);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "v",
        "kind",
        "job_id",
        "owner",
        "model",
        "priority",
        "token_estimate",
        "dispatch_sequence"
      })
  void decode_namesTheField_whenItIsMissingOrNull(String field) throws Exception {
    ObjectNode json = (ObjectNode) new JsonMapper().readTree(REFERENCE_JSON);
    json.putNull(field);
    assertThat(failure(bytes(json.toString())).reason()).isEqualTo(Reason.MISSING_FIELD);
    json.remove(field);
    assertThat(failure(bytes(json.toString())))
        .hasMessageContaining("'" + field + "'")
        .extracting(MalformedMessageException::reason)
        .isEqualTo(Reason.MISSING_FIELD);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          idempotency_key | ""         | INVALID_FIELD
          idempotency_key | null       | MISSING_FIELD
          idempotency_key | 5          | INVALID_FIELD
          submission      | "SECRET"   | INVALID_FIELD
          submission      | ["SECRET"] | INVALID_FIELD
          submission      | null       | MISSING_FIELD
          owner           | null       | MISSING_FIELD
          """)
  void decode_isMalformed_whenInlineFieldIsWrong(String field, String value, Reason reason)
      throws Exception {
    ObjectNode json = (ObjectNode) new JsonMapper().readTree(INLINE_JSON);
    json.set(field, new JsonMapper().readTree(value));
    assertThat(failure(bytes(json.toString())).reason()).isEqualTo(reason);
  }

  @Test
  void decode_isMalformed_whenNestedWithoutEnd() {
    assertThat(failure(bytes("{\"a\":".repeat(100_000))).reason()).isEqualTo(Reason.NOT_JSON);
    assertThat(failure(bytes("[".repeat(100_000))).reason()).isEqualTo(Reason.NOT_JSON);
  }

  @Test
  void decode_isMalformed_whenTooLarge() {
    assertThat(failure(new byte[10_000_000]).reason()).isEqualTo(Reason.TOO_LARGE);
    assertThat(Reason.TOO_LARGE.code()).isEqualTo("too_large");
  }

  @Test
  void decode_reads_whenSubmissionIsLarge() throws Exception {
    String json = INLINE_JSON.replace("SECRET", "x".repeat(8_000_000));
    assertThat(JobMessageCodec.decode(bytes(json))).isInstanceOf(JobMessage.Inline.class);
  }

  @Test
  void decode_isMalformed_whenNotAnObject() {
    for (String json : new String[] {"[]", "1", "\"SECRET\"", "null", "", "{} {}"}) {
      assertThat(failure(bytes(json)).reason()).isEqualTo(Reason.NOT_JSON);
    }
    assertThatThrownBy(() -> JobMessageCodec.decode(bytes("{}")))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessageContaining("'v'");
  }

  /** The failure, after checking that it gives nothing of the payload away. */
  private static MalformedMessageException failure(byte[] message) {
    MalformedMessageException failure =
        catchThrowableOfType(
            MalformedMessageException.class, () -> JobMessageCodec.decode(message));
    assertThat(failure).isNotNull().hasNoCause().hasMessageNotContaining("SECRET");
    return failure;
  }

  private static byte[] bytes(String json) {
    return json.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] json) {
    return new String(json, StandardCharsets.UTF_8);
  }
}

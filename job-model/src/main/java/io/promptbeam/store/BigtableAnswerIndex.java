package io.promptbeam.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.cloud.bigtable.data.v2.models.ConditionalRowMutation;
import com.google.cloud.bigtable.data.v2.models.Filters.Filter;
import com.google.cloud.bigtable.data.v2.models.Mutation;
import com.google.cloud.bigtable.data.v2.models.Query;
import com.google.protobuf.ByteString;
import io.promptbeam.job.JobId;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** The table {@code answers}. A row is one cell, replaced by compare-and-set on its value. */
final class BigtableAnswerIndex implements AnswerIndex {
  private static final JsonMapper MAPPER = new JsonMapper();

  private final BigtableCalls calls;
  private final Clock clock;
  private final ConditionalWrite.Pauses pauses;
  private final Supplier<String> versions;

  /**
   * @param versions each unlike any other there ever is
   */
  BigtableAnswerIndex(
      BigtableCalls calls, Clock clock, ConditionalWrite.Pauses pauses, Supplier<String> versions) {
    this.calls = calls;
    this.clock = clock;
    this.pauses = pauses;
    this.versions = versions;
  }

  @Override
  public CompletableFuture<Optional<Lead>> find(AnswerKey key) {
    return BigtableCalls.translated(
        read(key).thenApply(found -> found.flatMap(BigtableAnswerIndex::decode)));
  }

  @Override
  public CompletableFuture<Boolean> lead(
      AnswerKey key, JobId job, Instant since, Optional<Lead> instead) {
    String next = encode(new Lead(job, since, versions.get()));
    Optional<String> before = instead.map(BigtableAnswerIndex::encode);
    ConditionalRowMutation mutation = replacement(key, before, next);
    ConditionalWrite write =
        new ConditionalWrite(
            () ->
                calls.checkAndMutate(mutation).thenApply(matched -> matched == before.isPresent()),
            () -> read(key),
            before,
            next,
            pauses);
    return BigtableCalls.translated(write.run());
  }

  private ConditionalRowMutation replacement(AnswerKey key, Optional<String> before, String next) {
    Mutation change =
        Mutation.create()
            .deleteRow()
            .setCell(
                BigtableSchema.ENTRY,
                BigtableSchema.JSON.toStringUtf8(),
                Math.multiplyExact(clock.millis(), 1_000L),
                next);
    ConditionalRowMutation mutation =
        ConditionalRowMutation.create(BigtableSchema.ANSWERS, RowKeys.answer(key));
    if (before.isEmpty()) {
      return mutation.condition(Cells.NEWEST).otherwise(change);
    }
    Filter unchanged = Cells.ofValue(Cells.NEWEST, ByteString.copyFromUtf8(before.get()));
    return mutation.condition(unchanged).then(change);
  }

  private CompletableFuture<Optional<String>> read(AnswerKey key) {
    Query query =
        Query.create(BigtableSchema.ANSWERS).rowKey(RowKeys.answer(key)).filter(Cells.NEWEST);
    return calls.read(query).thenApply(JobRows::version);
  }

  /** Stored: do not change. */
  private static String encode(Lead lead) {
    return MAPPER
        .createObjectNode()
        .put("job_id", lead.jobId().toString())
        .put("since", lead.since().toString())
        .put("v", lead.version())
        .toString();
  }

  /** A row that cannot be read is as good as none, but for its replacement, which then fails. */
  private static Optional<Lead> decode(String stored) {
    try {
      JsonNode json = MAPPER.readTree(stored);
      Instant since = Instant.parse(json.path("since").asText());
      return JobId.parse(json.path("job_id").asText())
          .map(job -> new Lead(job, since, json.path("v").asText()));
    } catch (JsonProcessingException | DateTimeException e) {
      return Optional.empty();
    }
  }
}

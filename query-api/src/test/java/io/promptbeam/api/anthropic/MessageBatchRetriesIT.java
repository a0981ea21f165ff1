package io.promptbeam.api.anthropic;

import static io.promptbeam.api.anthropic.BatchStack.requests;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.anthropic.client.AnthropicClient;
import com.anthropic.errors.AnthropicServiceException;
import com.anthropic.errors.ConflictException;
import com.anthropic.errors.OverloadedException;
import com.anthropic.models.messages.batches.BatchCreateParams;
import com.anthropic.models.messages.batches.MessageBatch;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One creation is one batch, however often the official client sends it. */
class MessageBatchRetriesIT {
  private BatchStack stack;
  private AnthropicClient client;

  @BeforeEach
  void start() throws Exception {
    stack = new BatchStack(new MessageBatchLimits(4_000_000, 1_000, Duration.ofMinutes(10)));
    client = stack.client();
  }

  @AfterEach
  void stop() throws Exception {
    stack.close();
  }

  private MessageBatch create(BatchCreateParams params) {
    return client.messages().batches().create(params);
  }

  @Test
  void droppedConnection_makesOneBatch() {
    stack.publications.add(stack::breakConnections);
    MessageBatch created = create(requests(5));
    assertThat(stack.batches()).containsExactly(created.id());
    assertThat(stack.files).hasSize(1);
    assertThat(stack.proxy.accepted()).isEqualTo(2);
  }

  @Test
  void connectionDroppedTwice_makesOneBatch() {
    client.messages().batches().list();
    stack.publications.add(stack::breakConnections);
    stack.publications.add(stack::breakConnections);
    MessageBatch created = create(requests(5));
    assertThat(stack.batches()).containsExactly(created.id());
    assertThat(stack.files).hasSize(1);
  }

  @Test
  void storeThatFailsAfterWriting_makesOneBatch() {
    stack.creations.add(
        call -> call.get().thenCompose(made -> CompletableFuture.failedFuture(BatchStack.down())));
    MessageBatch created = create(requests(5));
    assertThat(stack.batches()).containsExactly(created.id());
    assertThat(create(requests(5)).id()).isNotEqualTo(created.id());
  }

  @Test
  void storeThatFailsBeforeWriting_makesOneBatch() {
    stack.creations.add(call -> CompletableFuture.failedFuture(BatchStack.down()));
    MessageBatch created = create(requests(5));
    assertThat(stack.batches()).containsExactly(created.id());
  }

  @Test
  void tryOvertakenByItsRetry_makesOneBatch() throws Exception {
    CompletableFuture<Void> retried = new CompletableFuture<>();
    stack.creations.add(
        call -> {
          stack.breakConnections();
          return retried.thenCompose(done -> call.get());
        });
    stack.creations.add(call -> call.get().whenComplete((made, failure) -> retried.complete(null)));
    MessageBatch created = create(requests(5));
    for (int i = 0; i < 1_000 && stack.files.size() > 1; i++) {
      Thread.sleep(10);
    }
    assertThat(stack.files).as("the first try's is removed").hasSize(1);
    assertThat(stack.batches()).containsExactly(created.id());
  }

  @Test
  void storeThatStaysDown_isSaidToBeOverloaded() {
    for (int i = 0; i < 3; i++) {
      stack.creations.add(call -> CompletableFuture.failedFuture(BatchStack.down()));
    }
    AnthropicServiceException down =
        catchThrowableOfType(AnthropicServiceException.class, () -> create(requests(1)));
    assertThat(down.statusCode()).isEqualTo(503);
    assertThat(down.type().orElseThrow().asString()).isEqualTo("overloaded_error");
    assertThat(down).isNotInstanceOf(OverloadedException.class);
  }

  @Test
  void twoCreationsOfTheSame_areTwoBatches() {
    assertThat(create(requests(2)).id()).isNotEqualTo(create(requests(2)).id());
    assertThat(stack.batches()).hasSize(2);
  }

  @Test
  void idempotencyKey_makesOneBatch_andRefusesAnotherBody() {
    BatchCreateParams first =
        requests(2).toBuilder().putAdditionalHeader("Idempotency-Key", "k").build();
    String id = create(first).id();
    assertThat(create(first).id()).isEqualTo(id);
    BatchCreateParams other =
        requests(3).toBuilder().putAdditionalHeader("Idempotency-Key", "k").build();
    assertThat(catchThrowableOfType(ConflictException.class, () -> create(other)).type())
        .isPresent();
    assertThat(stack.batches()).containsExactly(id);
    assertThat(stack.files).hasSize(1);
  }

  @Test
  void bodyBeyondTheLimit_isTooLarge_andNothingIsKept() {
    BatchCreateParams large =
        BatchCreateParams.builder()
            .addRequest(BatchStack.request("a", "claude", "x".repeat(5_000_000)))
            .build();
    AnthropicServiceException refused =
        catchThrowableOfType(AnthropicServiceException.class, () -> create(large));
    assertThat(refused.statusCode()).isEqualTo(413);
    assertThat(stack.batches()).isEmpty();
    assertThat(stack.files).isEmpty();
  }

  @Test
  void tooManyRequests_areRefused() {
    AnthropicServiceException refused =
        catchThrowableOfType(AnthropicServiceException.class, () -> create(requests(1_001)));
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(stack.batches()).isEmpty();
  }
}

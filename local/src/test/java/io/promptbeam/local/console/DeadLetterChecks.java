package io.promptbeam.local.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublisherGrpc;
import com.google.pubsub.v1.PubsubMessage;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.promptbeam.local.Await;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import org.junit.jupiter.api.Test;

/** Looks at what the pipeline could not read, and sends it back or away. */
abstract class DeadLetterChecks extends ConsoleChecks {
  private static final String ROWS = "tbody tr";
  private static final String GARBAGE = "<script>window.hit = 1</script> is no job";

  private static void publish(String payload) {
    PubsubTarget.Emulator queue = (PubsubTarget.Emulator) stage().stack().queueTarget();
    ManagedChannel channel =
        ManagedChannelBuilder.forTarget(queue.hostAndPort()).usePlaintext().build();
    try {
      var unused =
          PublisherGrpc.newBlockingStub(channel)
              .publish(
                  PublishRequest.newBuilder()
                      .setTopic(
                          PubsubNames.topicPath(queue.projectId(), PubsubNames.DEFAULT.jobsTopic()))
                      .addMessages(
                          PubsubMessage.newBuilder().setData(ByteString.copyFromUtf8(payload)))
                      .build());
    } finally {
      channel.shutdownNow();
    }
  }

  private static void awaitLetters(int count) throws Exception {
    Await.until(
        count + " dead letters are there",
        () -> stage().get("/api/llm/dead-letters/").path("dead_letters").size(),
        size -> size == count);
  }

  @Test
  void letters_areLookedAt_replayedAndDiscarded() throws Exception {
    publish(GARBAGE);
    publish(
        "{\"v\":1,\"kind\":\"inline_job\",\"owner\":\"ann\",\"idempotency_key\":\"dead1\","
            + "\"submission\":{\"model_id\":\"gone\",\"full_input\":\"the prompt\"}}");
    awaitLetters(2);

    open("#/dead-letters");

    waitUntil("both are shown", () -> all(ROWS).size() == 2);
    script("document.querySelectorAll('tbody details').forEach(e => { e.open = true; })");
    see("tbody", GARBAGE);
    assertThat(text("tbody")).contains("not json", "unknown model", "the prompt");
    assertThat(script("return window.hit ?? null")).isNull();
    assertThat(all("main script")).isEmpty();
    assertAccessible("dead letters");
    browser().screenshot("dead-letters");

    script(
        "[...document.querySelectorAll('tbody tr')].find(e => e.innerText.includes('unknown"
            + " model')).querySelector('input').click()");
    see(".row", "1 selected");
    clickText("Replay");

    // It is still for a model that nobody has: it comes back.
    see(".toast", "1 replayed");
    awaitLetters(2);
    clickText("Look again");
    waitUntil("both are shown again", () -> all(ROWS).size() == 2);
    click("#all-letters");
    clickText("Discard…");
    clickText("Keep as is");
    seeNot("dialog");
    clickText("Discard…");
    clickText("Discard");
    see(".empty", "No dead letters");
    awaitLetters(0);
  }

  @Test
  void otherThanAdmins_areToldThatThisIsNotForThem() {
    signedInWith(stage().ownerKey());

    open("#/dead-letters");

    see(".empty", "For admins only");
  }
}

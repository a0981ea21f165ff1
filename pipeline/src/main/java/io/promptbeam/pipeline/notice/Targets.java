package io.promptbeam.pipeline.notice;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.Webhook;
import io.promptbeam.notice.Notice;
import io.promptbeam.pipeline.notice.NoticeSender.Answer;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Hands each notice to the sender of its target. Thread-safe; blocks, for a bounded time.
 *
 * @param topic empty when nothing is published
 */
record Targets(
    Supplier<ModelCatalog> catalog, NoticeSender webhooks, Optional<EventPublisher> topic)
    implements AutoCloseable {

  /** Whether anybody may want anything. */
  boolean any() {
    return topic.isPresent() || catalog.get().hasWebhooks();
  }

  Answer send(Notice notice) {
    return switch (notice.target()) {
      case WEBHOOK -> post(notice);
      case TOPIC ->
          topic
              .map(publisher -> publisher.send(notice))
              .orElseGet(() -> new Answer.Failed("no topic is configured any more"));
    };
  }

  private Answer post(Notice notice) {
    // As it is now, and not when the job ended: whoever corrects an address means these notices.
    Optional<Webhook> webhook = catalog.get().owner(notice.owner()).webhook();
    return webhook.isPresent()
        ? webhooks.send(notice, webhook.get())
        : new Answer.Failed("the owner has no webhook any more");
  }

  /** Breaks off what is being sent. */
  @Override
  public void close() {
    webhooks.close();
    topic.ifPresent(EventPublisher::close);
  }
}

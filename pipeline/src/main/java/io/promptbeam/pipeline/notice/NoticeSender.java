package io.promptbeam.pipeline.notice;

import io.promptbeam.catalog.Webhook;
import io.promptbeam.notice.Notice;

/** Sends a notice to a webhook, once. Thread-safe; blocks, for a bounded time. */
interface NoticeSender extends AutoCloseable {
  Answer send(Notice notice, Webhook webhook);

  /** Breaks off what is being sent. */
  @Override
  void close();

  /** What the receiver said, if anything. */
  sealed interface Answer {
    record Delivered() implements Answer {}

    /** It wants none any more. */
    record Gone() implements Answer {}

    /**
     * It may be tried again.
     *
     * @param why for an operator; nothing that the receiver or the address says
     */
    record Failed(String why) implements Answer {}
  }
}

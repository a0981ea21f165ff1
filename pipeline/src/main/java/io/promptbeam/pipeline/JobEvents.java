package io.promptbeam.pipeline;

import io.promptbeam.message.PubsubTarget;
import io.promptbeam.message.TopicPublisher;
import io.promptbeam.pipeline.notice.EventPublisher;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where workers publish what has ended, if anywhere. */
public sealed interface JobEvents extends Serializable {
  JobEvents OFF = new Off();

  /** Connects lazily. */
  Optional<EventPublisher> open();

  /**
   * As the pipeline's options say.
   *
   * @throws IllegalArgumentException if they name no topic's full path
   */
  static JobEvents of(LlmJobOptions options) {
    String path = options.getJobEventsTopic();
    if (path == null || path.isBlank()) {
      return OFF;
    }
    Matcher parts = To.PATH.matcher(path);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "--jobEventsTopic is projects/PROJECT/topics/NAME, not '" + path + "'");
    }
    String emulator = options.getPubsubEmulator();
    return new To(
        emulator == null
            ? new PubsubTarget.Cloud(parts.group(1))
            : PubsubTarget.Emulator.parse(emulator, parts.group(1)),
        parts.group(2));
  }

  /** Nowhere. */
  record Off() implements JobEvents {
    private static final long serialVersionUID = 1L;

    @Override
    public Optional<EventPublisher> open() {
      return Optional.empty();
    }
  }

  /**
   * To a topic.
   *
   * @param topic its id, without project
   */
  record To(PubsubTarget target, String topic) implements JobEvents {
    private static final long serialVersionUID = 1L;
    private static final Pattern PATH = Pattern.compile("projects/([^/]+)/topics/([^/]+)");

    @Override
    public Optional<EventPublisher> open() {
      try {
        TopicPublisher publisher = TopicPublisher.open(target, topic, EventPublisher.PATIENCE);
        return Optional.of(new EventPublisher(publisher::publish, publisher::close));
      } catch (IOException e) {
        throw new UncheckedIOException("cannot publish to the topic " + topic, e);
      }
    }
  }
}

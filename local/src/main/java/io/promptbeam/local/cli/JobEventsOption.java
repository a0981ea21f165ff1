package io.promptbeam.local.cli;

import io.promptbeam.local.stack.Stack;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import io.promptbeam.pipeline.JobEvents;
import picocli.CommandLine.Option;

/** Whether the pipeline publishes what has ended. */
final class JobEventsOption {
  @Option(
      names = "--job-events",
      description =
          "Publish an event of every job and batch that ends to the Pub/Sub topic job-events"
              + " (docs/notices.md), which is created in emulators and must exist on Google Cloud.")
  private boolean asked;

  JobEvents of(Stack stack, Terminal terminal) {
    if (!asked) {
      return JobEvents.OFF;
    }
    PubsubTarget queue = stack.queueTarget();
    String path = PubsubNames.topicPath(queue.projectId(), PubsubNames.DEFAULT.jobEventsTopic());
    String where =
        queue instanceof PubsubTarget.Emulator emulator ? " at " + emulator.hostAndPort() : "";
    terminal.err().println("Events: " + path + where);
    return stack.jobEvents();
  }
}

package io.promptbeam.message;

/**
 * The ids of Promptbeam's topics and subscriptions, without their project.
 *
 * @param jobsTopic where references to jobs are published
 * @param jobsSubscription what the pipeline reads
 * @param deadLettersTopic where messages go that could not be decoded
 * @param deadLettersSubscription keeps those for a person to look at
 * @param jobEventsTopic where it is published what has ended, if that is asked for
 */
public record PubsubNames(
    String jobsTopic,
    String jobsSubscription,
    String deadLettersTopic,
    String deadLettersSubscription,
    String jobEventsTopic) {
  public static final PubsubNames DEFAULT =
      new PubsubNames(
          "promptbeam-jobs",
          "promptbeam-jobs-pipeline",
          "promptbeam-dead-letters",
          "promptbeam-dead-letters-inspect",
          "job-events");

  /** The full name Pub/Sub and Beam expect. */
  public static String topicPath(String projectId, String topic) {
    return "projects/" + projectId + "/topics/" + topic;
  }

  /** The full name Pub/Sub and Beam expect. */
  public static String subscriptionPath(String projectId, String subscription) {
    return "projects/" + projectId + "/subscriptions/" + subscription;
  }
}

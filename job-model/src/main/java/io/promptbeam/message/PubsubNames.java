package io.promptbeam.message;

/**
 * The ids of Promptbeam's topics and subscriptions, without their project.
 *
 * @param jobsTopic where references to jobs are published
 * @param jobsSubscription what the pipeline reads
 * @param deadLettersTopic where messages go that could not be decoded
 * @param deadLettersSubscription keeps those for a person to look at
 */
public record PubsubNames(
    String jobsTopic,
    String jobsSubscription,
    String deadLettersTopic,
    String deadLettersSubscription) {
  public static final PubsubNames DEFAULT =
      new PubsubNames(
          "promptbeam-jobs",
          "promptbeam-jobs-pipeline",
          "promptbeam-dead-letters",
          "promptbeam-dead-letters-inspect");

  /** The full name Pub/Sub and Beam expect. */
  public static String topicPath(String projectId, String topic) {
    return "projects/" + projectId + "/topics/" + topic;
  }

  /** The full name Pub/Sub and Beam expect. */
  public static String subscriptionPath(String projectId, String subscription) {
    return "projects/" + projectId + "/subscriptions/" + subscription;
  }
}

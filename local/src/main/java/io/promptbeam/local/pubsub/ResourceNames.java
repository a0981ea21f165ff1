package io.promptbeam.local.pubsub;

import io.grpc.Status;
import java.util.regex.Pattern;

/** The names Pub/Sub accepts. */
final class ResourceNames {
  private static final String PROJECT = "projects/[a-z0-9.:-]{6,}";
  private static final String ID = "(?!goog)[A-Za-z][A-Za-z0-9-_.~+%]{2,254}";
  private static final Pattern TOPIC = Pattern.compile(PROJECT + "/topics/" + ID);
  private static final Pattern SUBSCRIPTION = Pattern.compile(PROJECT + "/subscriptions/" + ID);

  private ResourceNames() {}

  static void requireTopic(String name) {
    require(TOPIC, name);
  }

  static void requireSubscription(String name) {
    require(SUBSCRIPTION, name);
  }

  private static void require(Pattern pattern, String name) {
    if (!pattern.matcher(name).matches()) {
      throw Status.INVALID_ARGUMENT
          .withDescription("Invalid resource name: " + name)
          .asRuntimeException();
    }
  }
}

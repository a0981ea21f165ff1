package io.promptbeam.templates;

/**
 * What a launch form accepts as an option's value. The regular expressions are POSIX extended ones,
 * so that the launch script checks the same.
 */
public enum ValueForm {
  TEXT("TEXT", ""),
  PUBSUB_SUBSCRIPTION(
      "PUBSUB_SUBSCRIPTION",
      "^projects/" + Patterns.PROJECT + "/subscriptions/" + Patterns.PUBSUB_NAME + "$"),
  PUBSUB_TOPIC(
      "PUBSUB_TOPIC", "^projects/" + Patterns.PROJECT + "/topics/" + Patterns.PUBSUB_NAME + "$"),
  BIGTABLE_INSTANCE(
      "TEXT",
      "^bigtable://"
          + Patterns.PROJECT
          + "/[a-z][a-z0-9-]{4,31}[a-z0-9](\\?app_profile=[a-zA-Z0-9_.-]+)?$"),
  BIGQUERY_TABLE("BIGQUERY_TABLE", "^" + Patterns.PROJECT + "[:.][A-Za-z0-9_]+\\.[A-Za-z0-9_$-]+$"),
  GCS_READ_FILE("GCS_READ_FILE", "^gs://" + Patterns.BUCKET + "/.*[^/]$"),
  GCS_WRITE_FILE("GCS_WRITE_FILE", "^gs://" + Patterns.BUCKET + "/.*[^/]$"),
  GCS_WRITE_FOLDER("GCS_WRITE_FOLDER", "^gs://" + Patterns.BUCKET + "/.*$"),
  BOOLEAN("BOOLEAN", "^(true|false)$"),
  COUNT("NUMBER", "^[1-9][0-9]{0,8}$"),
  NUMBER("NUMBER", "^-?[0-9]+(\\.[0-9]+)?$"),
  ENUM("ENUM", "");

  private final String type;
  private final String regex;

  ValueForm(String type, String regex) {
    this.type = type;
    this.regex = regex;
  }

  /** The name of Dataflow's parameter type. */
  public String type() {
    return type;
  }

  /** Empty if any text will do. */
  public String regex() {
    return regex;
  }

  private static final class Patterns {
    static final String PROJECT = "([a-z][a-z0-9.-]*:)?[a-z][a-z0-9-]{4,28}[a-z0-9]";
    static final String PUBSUB_NAME = "[A-Za-z][A-Za-z0-9._~+%-]{2,254}";
    static final String BUCKET = "[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]";
  }
}

package io.promptbeam.job;

import java.util.regex.Pattern;

/** Whose job it is. Nobody sees, lists or cancels another owner's job. */
public record Owner(String name) {
  private static final Pattern VALID = Pattern.compile("[A-Za-z0-9._@-]{1,64}");

  /** The owner of everything submitted on loopback without keys. */
  public static final Owner LOCAL = new Owner("local");

  public Owner {
    if (!VALID.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "owner must be 1 to 64 letters, digits or . _ @ -, but is '" + name + "'");
    }
  }

  @Override
  public String toString() {
    return name;
  }
}

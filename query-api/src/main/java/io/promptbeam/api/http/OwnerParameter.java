package io.promptbeam.api.http;

import io.promptbeam.job.Owner;
import java.util.List;

/** Whose rows a list or a sum is about: the caller's, or for an admin those of any one owner. */
public final class OwnerParameter {
  public static final String NAME = "owner";

  private OwnerParameter() {}

  /**
   * The owner that {@code request} is about.
   *
   * @throws ProblemException 404 when the caller may not see that owner, whether it exists or not
   */
  public static Owner of(ApiRequest request, Caller caller) {
    List<String> given = request.query().getOrDefault(NAME, List.of());
    if (given.size() > 1) {
      throw Problems.invalidParameter(NAME, "Give it once.").asException();
    }
    if (given.isEmpty() || given.get(0).isEmpty()) {
      return caller.owner();
    }
    Owner owner;
    try {
      owner = new Owner(given.get(0));
    } catch (IllegalArgumentException e) {
      throw unknown();
    }
    if (!caller.sees(owner)) {
      throw unknown();
    }
    return owner;
  }

  private static ProblemException unknown() {
    return Problem.of(404, "owner_not_found", "Owner not found", "You see no such owner.")
        .withField(NAME)
        .asException();
  }
}

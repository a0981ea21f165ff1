package io.promptbeam.api.http;

import io.promptbeam.access.Scope;
import io.promptbeam.job.Owner;
import java.util.Set;

/**
 * Who makes a request, and what it may do.
 *
 * @param owner of what it makes
 */
public record Caller(Owner owner, Set<Scope> scopes) {
  /** Who asks an open route. */
  public static final Caller ANYONE = new Caller(Owner.LOCAL, Set.of());

  public Caller {
    scopes = Set.copyOf(scopes);
  }

  /** As an owner's key is that says nothing else. */
  public static Caller of(Owner owner) {
    return new Caller(owner, Scope.DEFAULT);
  }

  public boolean isAdmin() {
    return scopes.contains(Scope.ADMIN);
  }

  public boolean may(Scope scope) {
    return isAdmin() || scopes.contains(scope);
  }

  /** Whether what is {@code other}'s is there for it; where not, it must seem not to exist. */
  public boolean sees(Owner other) {
    return isAdmin() || owner.equals(other);
  }
}

package io.promptbeam.access;

import io.promptbeam.job.Owner;
import io.promptbeam.job.Sha256;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * The keys of one owner and name, oldest first: those in use, two at most, and the last that ended.
 * Its id is made of owner and name, so that what two calls do at once meets in one row.
 *
 * @param version of the row; empty before it is written
 */
public record KeyRing(Owner owner, String name, List<ApiKey> keys, String version) {
  /** One in use, and one that takes over. */
  public static final int MAX_LIVE = 2;

  private static final int MAX_KEPT = 10;
  private static final int ID_DIGITS = 16;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  public KeyRing {
    if (!isName(name)) {
      throw new IllegalArgumentException("a key's name is 1 to 64 letters, digits or . _ -");
    }
    keys = List.copyOf(keys);
  }

  public static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  /** Without keys. */
  public static KeyRing none(Owner owner, String name) {
    return new KeyRing(owner, name, List.of(), "");
  }

  /** Stored: do not change. */
  public static String idOf(Owner owner, String name) {
    byte[] both = (owner.name() + "\0" + name).getBytes(StandardCharsets.US_ASCII);
    return Sha256.hex(both).substring(0, ID_DIGITS);
  }

  public String id() {
    return idOf(owner, name);
  }

  public List<ApiKey> live(Instant now) {
    return keys.stream().filter(key -> key.isLive(now)).toList();
  }

  public Optional<ApiKey> find(KeyId id) {
    return keys.stream().filter(key -> key.id().equals(id)).findFirst();
  }

  /** Unlike that of any key there was. */
  public KeyId nextId() {
    int last = keys.isEmpty() ? 0 : keys.get(keys.size() - 1).id().number();
    return new KeyId(id(), last + 1);
  }

  /** With the first of its name. */
  public KeyRing started(ApiKey key, Instant now) throws KeyRefusedException {
    if (!live(now).isEmpty()) {
      throw new KeyRefusedException(
          "key_exists",
          owner
              + " has a key "
              + name
              + " already ("
              + live(now).get(0).id()
              + "). Rotate it, or give the new one another name.");
    }
    return with(key, now);
  }

  /**
   * With one that takes over.
   *
   * @param oldExpiresAt when the key there is ends; empty leaves that as it is
   */
  public KeyRing rotated(ApiKey key, Optional<Instant> oldExpiresAt, Instant now)
      throws KeyRefusedException {
    List<ApiKey> live = live(now);
    if (live.isEmpty()) {
      throw new KeyRefusedException(
          "no_key_to_rotate",
          owner + " has no key " + name + " in use. Create one without rotating.");
    }
    if (live.size() >= MAX_LIVE) {
      throw new KeyRefusedException(
          "too_many_keys",
          owner
              + " has two keys "
              + name
              + " in use. Revoke the old one, "
              + live.get(0).id()
              + ", before you create a third.");
    }
    KeyRing expiring =
        oldExpiresAt
            .map(at -> mapped(old -> old.isLive(now) ? old.expiringBy(at) : old))
            .orElse(this);
    return expiring.with(key, now);
  }

  public KeyRing revoked(KeyId id, Instant now) {
    return mapped(key -> key.id().equals(id) ? key.revoked(now) : key);
  }

  private KeyRing with(ApiKey key, Instant now) {
    List<ApiKey> all = new ArrayList<>(keys);
    all.add(key);
    for (int i = 0; all.size() > MAX_KEPT && i < all.size(); ) {
      if (all.get(i).isLive(now)) {
        i++;
      } else {
        all.remove(i);
      }
    }
    return new KeyRing(owner, name, all, version);
  }

  private KeyRing mapped(UnaryOperator<ApiKey> change) {
    return new KeyRing(owner, name, keys.stream().map(change).toList(), version);
  }
}

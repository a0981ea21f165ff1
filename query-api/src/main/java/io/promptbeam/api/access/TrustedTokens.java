package io.promptbeam.api.access;

import java.net.URI;

/**
 * Which signed tokens are taken.
 *
 * @param audience whom they must be made for: this service
 * @param jwks where the signer publishes its keys
 */
public record TrustedTokens(Signer signer, String audience, URI jwks) {
  /** Who signs, and how. */
  public enum Signer {
    /** ID tokens of Google accounts and service accounts. */
    GOOGLE("https://www.googleapis.com/oauth2/v3/certs"),

    /** The assertions of Identity-Aware Proxy. */
    IAP("https://www.gstatic.com/iap/verify/public_key-jwk");

    private final String jwks;

    Signer(String jwks) {
      this.jwks = jwks;
    }

    boolean isIssuer(String name) {
      return switch (this) {
        case GOOGLE ->
            name.equals("https://accounts.google.com") || name.equals("accounts.google.com");
        case IAP -> name.equals("https://cloud.google.com/iap");
      };
    }
  }

  public TrustedTokens {
    if (audience.isBlank()) {
      throw new IllegalArgumentException("an audience must be named, or any service's tokens pass");
    }
  }

  /** With the keys that Google publishes. */
  public static TrustedTokens of(Signer signer, String audience) {
    return new TrustedTokens(signer, audience, URI.create(signer.jwks));
  }
}

package io.promptbeam.api.access;

import com.github.benmanes.caffeine.cache.Ticker;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jose.util.ResourceRetriever;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import io.promptbeam.api.access.TrustedTokens.Signer;
import io.promptbeam.api.http.AccessGate;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Problem;
import java.net.MalformedURLException;
import java.net.URL;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets in whom a signed token vouches for, if {@link Principals} name them. The algorithm is given
 * by who signs, never by the token. Thread-safe; may block while the signer's keys are fetched, see
 * {@link SigningKeys}.
 */
public final class SignedTokens implements AccessGate.Credentials {
  private static final Logger log = LoggerFactory.getLogger(SignedTokens.class);

  private static final Duration FETCH_TIMEOUT = Duration.ofSeconds(3);

  private static final int MAX_KEYS_BYTES = 100_000;
  private static final int CLOCK_SKEW_SECONDS = 30;
  private static final String EMAIL = "email";

  private final TrustedTokens trusted;
  private final Principals principals;
  private final Clock clock;
  private final DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();

  public SignedTokens(TrustedTokens trusted, Principals principals, Clock clock, Ticker ticker) {
    this.trusted = trusted;
    this.principals = principals;
    this.clock = clock;
    processor.setJWSKeySelector(
        new JWSVerificationKeySelector<>(algorithm(trusted.signer()), keys(trusted, ticker)));
    DefaultJWTClaimsVerifier<SecurityContext> claims =
        new DefaultJWTClaimsVerifier<>(
            trusted.audience(), new JWTClaimsSet.Builder().build(), Set.of("exp", "iat", EMAIL)) {
          @Override
          protected Date currentTime() {
            return Date.from(clock.instant());
          }
        };
    claims.setMaxClockSkew(CLOCK_SKEW_SECONDS);
    processor.setJWTClaimsSetVerifier(claims);
  }

  private static JWSAlgorithm algorithm(Signer signer) {
    return switch (signer) {
      case GOOGLE -> JWSAlgorithm.RS256;
      case IAP -> JWSAlgorithm.ES256;
    };
  }

  private static SigningKeys keys(TrustedTokens trusted, Ticker ticker) {
    int timeout = Math.toIntExact(FETCH_TIMEOUT.toMillis());
    ResourceRetriever retriever = new DefaultResourceRetriever(timeout, timeout, MAX_KEYS_BYTES);
    URL url;
    try {
      url = trusted.jwks().toURL();
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException("not a URL of signing keys: " + trusted.jwks(), e);
    }
    return new SigningKeys(
        () -> JWKSet.parse(retriever.retrieveResource(url).getContent()), ticker);
  }

  @Override
  public Optional<Caller> callerOf(String credential) {
    return verified(credential).map(this::admitted);
  }

  /** The account's address; empty for a token that is not valid. */
  private Optional<String> verified(String credential) {
    try {
      SignedJWT token = SignedJWT.parse(credential);
      if (token.getHeader().getKeyID() == null) {
        return Optional.empty();
      }
      JWTClaimsSet claims = processor.process(token, null);
      return isAcceptable(claims)
          ? Optional.ofNullable(claims.getStringClaim(EMAIL))
          : Optional.empty();
    } catch (ParseException | BadJOSEException e) {
      log.debug("a token of {} is refused: {}", trusted.signer(), e.getMessage());
      return Optional.empty();
    } catch (JOSEException e) {
      log.debug("the signing keys of {} cannot be had: {}", trusted.signer(), e.getMessage());
      throw Problem.of(
              503,
              "signing_keys_unavailable",
              "Signing keys unavailable",
              "The keys that tokens are signed with cannot be fetched at the moment. Try again.")
          .withHeader("Retry-After", "5")
          .asException();
    }
  }

  private boolean isAcceptable(JWTClaimsSet claims) throws ParseException {
    boolean issued = claims.getIssuer() != null && trusted.signer().isIssuer(claims.getIssuer());
    Instant latest = clock.instant().plusSeconds(CLOCK_SKEW_SECONDS);
    boolean begun = !claims.getIssueTime().toInstant().isAfter(latest);
    // The proxy asserts addresses that it has verified, and does not say so.
    boolean verified =
        trusted.signer() == Signer.IAP
            || Boolean.TRUE.equals(claims.getBooleanClaim("email_verified"));
    return issued && begun && verified;
  }

  private Caller admitted(String email) {
    return principals
        .find(email)
        .orElseThrow(
            () ->
                Problem.of(
                        403,
                        "principal_not_allowed",
                        "Account not allowed",
                        "Your account is verified, but has no access here. An operator has to name"
                            + " it in the file of principals.")
                    .asException());
  }
}

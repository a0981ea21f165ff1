package io.promptbeam.api.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import io.promptbeam.access.Scope;
import io.promptbeam.api.access.TrustedTokens.Signer;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.ProblemException;
import io.promptbeam.job.Owner;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SignedTokensTest {
  private static final Instant NOW = Instant.parse("2026-11-23T10:00:00Z");
  private static final String AUDIENCE = "https://promptbeam.example";
  private static final Principals ANN =
      Principals.parse(List.of("Ann@example.com acme submit,read"), "principals");
  private static final Caller ACME =
      new Caller(new Owner("acme"), Set.of(Scope.SUBMIT, Scope.READ));

  private static RSAKey rsa;
  private static RSAKey otherRsa;
  private static ECKey ec;

  private final Path keys;
  private volatile Duration sinceStart = Duration.ZERO;

  SignedTokensTest(@TempDir Path directory) {
    keys = directory.resolve("jwks.json");
  }

  @BeforeAll
  static void makeKeys() throws Exception {
    rsa = new RSAKeyGenerator(2048).keyID("r1").generate();
    otherRsa = new RSAKeyGenerator(2048).keyID("r1").generate();
    ec = new ECKeyGenerator(Curve.P_256).keyID("e1").generate();
  }

  @BeforeEach
  void publishKeys() throws Exception {
    publish(rsa, ec);
  }

  private void publish(JWK... published) throws Exception {
    Files.writeString(keys, new JWKSet(List.of(published)).toPublicJWKSet().toString());
  }

  private SignedTokens tokens(Signer signer) {
    return new SignedTokens(
        new TrustedTokens(signer, AUDIENCE, keys.toUri()),
        ANN,
        Clock.fixed(NOW, ZoneOffset.UTC),
        () -> sinceStart.toNanos());
  }

  private static JWTClaimsSet.Builder claims(Signer signer) {
    JWTClaimsSet.Builder claims =
        new JWTClaimsSet.Builder()
            .issuer(
                signer == Signer.GOOGLE
                    ? "https://accounts.google.com"
                    : "https://cloud.google.com/iap")
            .subject("1234")
            .audience(AUDIENCE)
            .claim("email", "ann@example.com")
            .issueTime(Date.from(NOW.minusSeconds(60)))
            .expirationTime(Date.from(NOW.plusSeconds(3_000)));
    return signer == Signer.GOOGLE ? claims.claim("email_verified", true) : claims;
  }

  private static String signed(
      JWSAlgorithm algorithm, @Nullable String keyId, JWSSigner signer, JWTClaimsSet.Builder claims)
      throws Exception {
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(algorithm).type(JOSEObjectType.JWT).keyID(keyId).build(),
            claims.build());
    token.sign(signer);
    return token.serialize();
  }

  private static String idToken(UnaryOperator<JWTClaimsSet.Builder> change) throws Exception {
    return signed(
        JWSAlgorithm.RS256, "r1", new RSASSASigner(rsa), change.apply(claims(Signer.GOOGLE)));
  }

  private static String assertion(UnaryOperator<JWTClaimsSet.Builder> change) throws Exception {
    return signed(JWSAlgorithm.ES256, "e1", new ECDSASigner(ec), change.apply(claims(Signer.IAP)));
  }

  @Test
  void idToken_standsForItsPrincipal() throws Exception {
    assertThat(tokens(Signer.GOOGLE).callerOf(idToken(claims -> claims))).contains(ACME);
    assertThat(
            tokens(Signer.GOOGLE).callerOf(idToken(claims -> claims.issuer("accounts.google.com"))))
        .contains(ACME);
  }

  @Test
  void assertion_standsForItsPrincipal() throws Exception {
    assertThat(tokens(Signer.IAP).callerOf(assertion(claims -> claims))).contains(ACME);
  }

  @Test
  void algorithm_isNotForTheTokenToChoose() throws Exception {
    SignedTokens google = tokens(Signer.GOOGLE);
    JWTClaimsSet.Builder good = claims(Signer.GOOGLE);
    assertThat(google.callerOf(new PlainJWT(good.build()).serialize())).as("alg none").isEmpty();
    String[] parts = idToken(claims -> claims).split("\\.", -1);
    String none =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString("{\"alg\":\"none\",\"kid\":\"r1\"}".getBytes(StandardCharsets.UTF_8));
    for (String signature : List.of("", parts[2])) {
      assertThat(google.callerOf(none + "." + parts[1] + "." + signature)).isEmpty();
    }
    byte[] publicKey = rsa.toRSAPublicKey().getEncoded();
    assertThat(google.callerOf(signed(JWSAlgorithm.HS256, "r1", new MACSigner(publicKey), good)))
        .as("HS256, signed by the public key")
        .isEmpty();
    assertThat(google.callerOf(signed(JWSAlgorithm.RS512, "r1", new RSASSASigner(rsa), good)))
        .as("another algorithm of the same key")
        .isEmpty();
    assertThat(google.callerOf(signed(JWSAlgorithm.ES256, "e1", new ECDSASigner(ec), good)))
        .as("the proxy's algorithm, by a published key")
        .isEmpty();
    assertThat(
            tokens(Signer.IAP)
                .callerOf(
                    signed(JWSAlgorithm.RS256, "r1", new RSASSASigner(rsa), claims(Signer.IAP))))
        .isEmpty();
  }

  @Test
  void signature_mustBeOfAPublishedKey() throws Exception {
    SignedTokens google = tokens(Signer.GOOGLE);
    JWTClaimsSet.Builder good = claims(Signer.GOOGLE);
    assertThat(google.callerOf(signed(JWSAlgorithm.RS256, "r1", new RSASSASigner(otherRsa), good)))
        .as("another key of the same id")
        .isEmpty();
    assertThat(google.callerOf(signed(JWSAlgorithm.RS256, "r9", new RSASSASigner(rsa), good)))
        .as("unknown key id")
        .isEmpty();
    assertThat(google.callerOf(signed(JWSAlgorithm.RS256, null, new RSASSASigner(rsa), good)))
        .as("no key id")
        .isEmpty();
    String token = idToken(claims -> claims);
    String[] parts = token.split("\\.", -1);
    String forged =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(
                claims(Signer.GOOGLE)
                    .claim("email", "eve@example.com")
                    .build()
                    .toString()
                    .getBytes(StandardCharsets.UTF_8));
    assertThat(google.callerOf(parts[0] + "." + forged + "." + parts[2])).isEmpty();
    for (String garbage : List.of("a.b.c", "..", "x", token + "x", parts[0] + "." + parts[1])) {
      assertThat(google.callerOf(garbage)).as(garbage).isEmpty();
    }
    assertThat(google.callerOf(token)).as("the good one still").contains(ACME);
  }

  @Test
  void claims_mustBeForThisService_andForNow() throws Exception {
    SignedTokens google = tokens(Signer.GOOGLE);
    SignedTokens iap = tokens(Signer.IAP);
    List<UnaryOperator<JWTClaimsSet.Builder>> wrong =
        List.of(
            claims -> claims.audience("https://other.example"),
            claims -> claims.audience(List.of()),
            claims -> claims.audience(AUDIENCE + "/"),
            claims -> claims.issuer("https://evil.example"),
            claims -> claims.issuer(null),
            claims -> claims.expirationTime(Date.from(NOW.minusSeconds(31))),
            claims -> claims.expirationTime(null),
            claims -> claims.notBeforeTime(Date.from(NOW.plusSeconds(60))),
            claims -> claims.issueTime(Date.from(NOW.plusSeconds(60))),
            claims -> claims.issueTime(null),
            claims -> claims.claim("email", null));
    for (int i = 0; i < wrong.size(); i++) {
      assertThat(google.callerOf(idToken(wrong.get(i)))).as("ID token %d", i).isEmpty();
      assertThat(iap.callerOf(assertion(wrong.get(i)))).as("assertion %d", i).isEmpty();
    }
    assertThat(google.callerOf(idToken(claims -> claims.claim("email_verified", false)))).isEmpty();
    assertThat(google.callerOf(idToken(claims -> claims.claim("email_verified", null)))).isEmpty();
    assertThat(google.callerOf(idToken(claims -> claims.issuer("https://cloud.google.com/iap"))))
        .as("the proxy's issuer")
        .isEmpty();
  }

  @Test
  void account_staysOutside_whenNobodyNamedIt() throws Exception {
    String eve = idToken(claims -> claims.claim("email", "eve@example.com"));
    SignedTokens google = tokens(Signer.GOOGLE);
    ProblemException refused =
        catchThrowableOfType(ProblemException.class, () -> google.callerOf(eve));
    assertThat(refused.problem().status()).isEqualTo(403);
    assertThat(refused.problem().code()).isEqualTo("principal_not_allowed");
  }

  /** The claims' time stands still, the age of the keys does not. */
  private void pass(Duration time) {
    sinceStart = sinceStart.plus(time);
  }

  private static void assertUnavailable(SignedTokens tokens, String token) {
    ProblemException away =
        catchThrowableOfType(ProblemException.class, () -> tokens.callerOf(token));
    assertThat(away).as("an outage is no refusal").isNotNull();
    assertThat(away.problem().status()).isEqualTo(503);
  }

  private static String signedBy(RSAKey key) throws Exception {
    return signed(JWSAlgorithm.RS256, key.getKeyID(), new RSASSASigner(key), claims(Signer.GOOGLE));
  }

  private static String strangers(int number) throws Exception {
    return signed(
        JWSAlgorithm.RS256, "x" + number, new RSASSASigner(otherRsa), claims(Signer.GOOGLE));
  }

  @Test
  void tokens_areNotRefused_whileNoKeysCouldBeHadYet() throws Exception {
    Files.delete(keys);
    SignedTokens started = tokens(Signer.GOOGLE);
    String token = idToken(claims -> claims);
    for (int i = 0; i < 5; i++) {
      assertUnavailable(started, token);
    }
    publishKeys();
    pass(SigningKeys.FIRST_FETCH_INTERVAL);
    assertThat(started.callerOf(token)).contains(ACME);
  }

  @Test
  void knownKeys_areKeptInAnOutage_whateverStrangersSend() throws Exception {
    SignedTokens google = tokens(Signer.GOOGLE);
    String token = idToken(claims -> claims);
    assertThat(google.callerOf(token)).contains(ACME);
    Files.delete(keys);
    for (int i = 0; i < 5; i++) {
      assertThat(google.callerOf(strangers(i))).as("the keys are new enough to tell").isEmpty();
    }
    pass(SigningKeys.KEPT);
    for (int i = 0; i < 5; i++) {
      assertUnavailable(google, strangers(i));
      assertThat(google.callerOf(token)).contains(ACME);
    }
    pass(SigningKeys.KEPT_IN_OUTAGE.minus(SigningKeys.KEPT).minusNanos(1));
    assertUnavailable(google, strangers(6));
    assertThat(google.callerOf(token)).as("the last moment").contains(ACME);
    pass(Duration.ofNanos(1));
    for (int i = 0; i < 5; i++) {
      assertUnavailable(google, token);
    }
    publishKeys();
    pass(SigningKeys.FETCH_INTERVAL);
    assertThat(google.callerOf(token)).as("the page is back").contains(ACME);
    assertThat(google.callerOf(strangers(7))).isEmpty();
  }

  @Test
  void emptyPage_isNoKeysTakenBack() throws Exception {
    SignedTokens google = tokens(Signer.GOOGLE);
    String token = idToken(claims -> claims);
    assertThat(google.callerOf(token)).contains(ACME);
    for (String page : List.of("{\"keys\":[]}", "{}", "<html>", "")) {
      Files.writeString(keys, page);
      pass(SigningKeys.KEPT);
      assertThat(google.callerOf(token)).as(page).contains(ACME);
    }
  }

  @Test
  void keys_areFetchedAnew_whenTheSignerRotates() throws Exception {
    SignedTokens google = tokens(Signer.GOOGLE);
    assertThat(google.callerOf(signedBy(rsa))).contains(ACME);
    RSAKey next = new RSAKeyGenerator(2048).keyID("r2").generate();
    publish(next);
    assertThat(google.callerOf(signedBy(next))).as("asked just now").isEmpty();
    pass(SigningKeys.FETCH_INTERVAL);
    assertThat(google.callerOf(signedBy(next))).contains(ACME);
    assertThat(google.callerOf(signedBy(rsa))).as("taken back").isEmpty();
  }

  @Test
  void keyThatIsTakenBack_isRefused_whenTheKeysAreOld() throws Exception {
    SignedTokens google = tokens(Signer.GOOGLE);
    assertThat(google.callerOf(signedBy(rsa))).contains(ACME);
    publish(new RSAKeyGenerator(2048).keyID("r2").generate());
    assertThat(google.callerOf(signedBy(rsa))).contains(ACME);
    pass(SigningKeys.KEPT);
    assertThat(google.callerOf(signedBy(rsa))).isEmpty();
  }
}

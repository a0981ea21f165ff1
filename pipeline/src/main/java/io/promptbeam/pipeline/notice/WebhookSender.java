package io.promptbeam.pipeline.notice;

import com.standardwebhooks.exceptions.EmptyWebhookSecretException;
import com.standardwebhooks.exceptions.WebhookSigningException;
import io.promptbeam.catalog.SecretResolver;
import io.promptbeam.catalog.SecretUnavailableException;
import io.promptbeam.catalog.Webhook;
import io.promptbeam.notice.Notice;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.routing.RoutingSupport;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.io.entity.StringEntity;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.io.Closer;
import org.apache.hc.core5.util.Timeout;

/**
 * Posts notices as the Standard Webhooks specification says: signed anew each time, under the same
 * id. Every request has a connection of its own, whose address is looked up and checked then;
 * redirects are not followed, and of the answer only the status is read. No proxy, no cookies, no
 * credentials.
 */
final class WebhookSender implements NoticeSender {
  private static final String SECRET_PREFIX = "whsec_";
  private static final int MAX_HEADERS = 100;
  private static final int MAX_HEADER_BYTES = 8_192;
  private static final int GONE = 410;

  private final CloseableHttpClient toPublic;
  private final CloseableHttpClient toAny;
  private final SecretResolver secrets;
  private final Clock clock;
  private final Duration timeout;
  private final ScheduledExecutorService deadlines;

  WebhookSender(SecretResolver secrets, Clock clock, Duration timeout, int connections) {
    this(secrets, clock, timeout, connections, InetAddress::getAllByName);
  }

  /**
   * A sender.
   *
   * @param timeout of a whole request
   */
  WebhookSender(
      SecretResolver secrets,
      Clock clock,
      Duration timeout,
      int connections,
      CheckedResolver.Lookup lookup) {
    this.secrets = secrets;
    this.clock = clock;
    this.timeout = timeout;
    toPublic = client(new CheckedResolver(lookup), timeout, connections);
    toAny = client(SystemDefaultDnsResolver.INSTANCE, timeout, connections);
    var executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "webhook-deadlines");
              thread.setDaemon(true);
              return thread;
            });
    executor.setRemoveOnCancelPolicy(true);
    deadlines = executor;
  }

  private static CloseableHttpClient client(
      DnsResolver resolver, Duration timeout, int connections) {
    Timeout limit = Timeout.of(timeout);
    var answers =
        Http1Config.custom()
            .setMaxHeaderCount(MAX_HEADERS)
            .setMaxLineLength(MAX_HEADER_BYTES)
            .build();
    return HttpClients.custom()
        .setConnectionManager(
            PoolingHttpClientConnectionManagerBuilder.create()
                .setDnsResolver(resolver)
                .setConnectionFactory(
                    ManagedHttpClientConnectionFactory.builder().http1Config(answers).build())
                .setMaxConnTotal(connections)
                .setMaxConnPerRoute(connections)
                .setDefaultConnectionConfig(
                    ConnectionConfig.custom()
                        .setConnectTimeout(limit)
                        .setSocketTimeout(limit)
                        .build())
                .build())
        .setDefaultRequestConfig(
            RequestConfig.custom()
                .setConnectionRequestTimeout(limit)
                .setResponseTimeout(limit)
                .setRedirectsEnabled(false)
                .setAuthenticationEnabled(false)
                .setProtocolUpgradeEnabled(false)
                .build())
        .setConnectionReuseStrategy((request, response, context) -> false)
        .disableRedirectHandling()
        .disableAutomaticRetries()
        .disableCookieManagement()
        .disableAuthCaching()
        .disableContentCompression()
        .setUserAgent("promptbeam")
        .build();
  }

  @Override
  public Answer send(Notice notice, Webhook webhook) {
    String signature;
    long seconds = clock.instant().getEpochSecond();
    try {
      signature = signer(webhook).sign(notice.id(), seconds, notice.body());
    } catch (SecretUnavailableException e) {
      return new Answer.Failed("the secret " + e.getMessage());
    } catch (IllegalArgumentException | EmptyWebhookSecretException | WebhookSigningException e) {
      return new Answer.Failed(
          "the secret " + webhook.secret().text() + " is not " + SECRET_PREFIX + " and base64");
    }
    HttpPost request = new HttpPost(webhook.url());
    request.setEntity(
        new StringEntity(
            notice.body(), ContentType.APPLICATION_JSON.withCharset(StandardCharsets.UTF_8)));
    request.setHeader("webhook-id", notice.id());
    request.setHeader("webhook-timestamp", Long.toString(seconds));
    request.setHeader("webhook-signature", signature);
    request.setHeader("Connection", "close");
    return send(request, webhook.allowPrivate() ? toAny : toPublic);
  }

  private com.standardwebhooks.Webhook signer(Webhook webhook) throws EmptyWebhookSecretException {
    String secret = secrets.resolve(webhook.secret());
    if (!secret.startsWith(SECRET_PREFIX)) {
      throw new IllegalArgumentException("a secret begins with " + SECRET_PREFIX);
    }
    return new com.standardwebhooks.Webhook(secret);
  }

  private Answer send(HttpPost request, CloseableHttpClient client) {
    var deadline = deadlines.schedule(request::cancel, timeout.toMillis(), TimeUnit.MILLISECONDS);
    try {
      ClassicHttpResponse response =
          client.executeOpen(RoutingSupport.determineHost(request), request, null);
      int status = response.getCode();
      // Before closing, which would read what is left of the body, however long it is.
      request.cancel();
      Closer.closeQuietly(response);
      return answer(status);
    } catch (CheckedResolver.ForbiddenAddressException e) {
      return new Answer.Failed("the address is not a public one");
    } catch (IOException | HttpException | RuntimeException e) {
      return new Answer.Failed(
          request.isCancelled()
              ? "no answer within " + timeout.toSeconds() + " s"
              : "could not be reached: " + e.getClass().getSimpleName());
    } finally {
      deadline.cancel(false);
    }
  }

  private static Answer answer(int status) {
    if (status >= 200 && status < 300) {
      return new Answer.Delivered();
    }
    return status == GONE ? new Answer.Gone() : new Answer.Failed("HTTP " + status);
  }

  @Override
  public void close() {
    deadlines.shutdownNow();
    toPublic.close(CloseMode.IMMEDIATE);
    toAny.close(CloseMode.IMMEDIATE);
  }
}

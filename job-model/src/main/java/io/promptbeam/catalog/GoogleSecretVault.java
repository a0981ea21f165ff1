package io.promptbeam.catalog;

import com.google.api.gax.core.BackgroundResource;
import com.google.api.gax.retrying.RetrySettings;
import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.StatusCode;
import com.google.cloud.secretmanager.v1.SecretManagerServiceClient;
import com.google.cloud.secretmanager.v1.SecretManagerServiceSettings;
import com.google.cloud.secretmanager.v1.SecretPayload;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.time.Duration;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Google's Secret Manager, with the credentials of the environment. Connects when the first secret
 * is read, and stays connected: the client's threads are daemons.
 */
final class GoogleSecretVault implements SecretVault, AutoCloseable {
  /** Of the process: every worker and service in it may read the same secrets. */
  static final GoogleSecretVault OF_PROCESS =
      new GoogleSecretVault(SecretManagerServiceSettings::newBuilder);

  /** A start waits for it, with the client's own retries. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Settings settings;
  private @Nullable SecretManagerServiceClient client;

  /** How to reach the service. */
  interface Settings {
    SecretManagerServiceSettings.Builder newBuilder() throws IOException;
  }

  GoogleSecretVault(Settings settings) {
    this.settings = settings;
  }

  @Override
  public byte[] read(SecretReference.SecretManager reference) {
    SecretPayload payload;
    try {
      payload = client().accessSecretVersion(reference.versionName()).getPayload();
    } catch (ApiException e) {
      throw new SecretUnavailableException(reference, remedy(e.getStatusCode().getCode()));
    } catch (IOException e) {
      throw new SecretUnavailableException(
          reference,
          "cannot be read: this process has no Google Cloud credentials; give it a service account"
              + " (locally: gcloud auth application-default login)");
    }
    if (payload.hasDataCrc32C() && payload.getDataCrc32C() != crc32c(payload.getData())) {
      throw new SecretUnavailableException(reference, "came damaged; try again");
    }
    return payload.getData().toByteArray();
  }

  private static String remedy(StatusCode.Code code) {
    return switch (code) {
      case NOT_FOUND -> "does not exist; create the secret and add a version to it";
      case PERMISSION_DENIED, UNAUTHENTICATED ->
          "may not be read; grant roles/secretmanager.secretAccessor on the secret to this"
              + " process's service account";
      case FAILED_PRECONDITION -> "has a version that is disabled or destroyed; enable another";
      default -> "cannot be read: Secret Manager answers " + code + "; try again";
    };
  }

  private static long crc32c(ByteString data) {
    var sum = new CRC32C();
    sum.update(data.asReadOnlyByteBuffer());
    return sum.getValue();
  }

  private synchronized SecretManagerServiceClient client() throws IOException {
    if (client == null) {
      SecretManagerServiceSettings.Builder builder = settings.newBuilder();
      RetrySettings retries = builder.accessSecretVersionSettings().getRetrySettings();
      builder
          .accessSecretVersionSettings()
          .setRetrySettings(retries.toBuilder().setTotalTimeoutDuration(PATIENCE).build());
      client = SecretManagerServiceClient.create(builder.build());
    }
    return client;
  }

  /** It connects anew when it is asked again. */
  @Override
  public synchronized void close() {
    BackgroundResource open = client;
    client = null;
    if (open != null) {
      open.shutdownNow();
    }
  }
}

package io.promptbeam.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.api.gax.core.NoCredentialsProvider;
import com.google.api.gax.grpc.GrpcTransportChannel;
import com.google.api.gax.rpc.FixedTransportChannelProvider;
import com.google.cloud.secretmanager.v1.AccessSecretVersionRequest;
import com.google.cloud.secretmanager.v1.AccessSecretVersionResponse;
import com.google.cloud.secretmanager.v1.SecretManagerServiceGrpc.SecretManagerServiceImplBase;
import com.google.cloud.secretmanager.v1.SecretManagerServiceSettings;
import com.google.cloud.secretmanager.v1.SecretPayload;
import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Google's client against a server that speaks Secret Manager's protocol. */
class GoogleSecretVaultTest {
  private static final String LATEST = "projects/my-project/secrets/key/versions/latest";

  private final Map<String, SecretPayload> payloads = new ConcurrentHashMap<>();
  private final Map<String, Status> refusals = new ConcurrentHashMap<>();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final AtomicLong nanos = new AtomicLong();
  private final String name = InProcessServerBuilder.generateName();
  private final Server server =
      InProcessServerBuilder.forName(name)
          .directExecutor()
          .addService(new FakeService())
          .build()
          .start();
  private final GoogleSecretVault vault = new GoogleSecretVault(this::settings);
  private final SecretResolver resolver =
      new SecretResolver(variable -> Optional.empty(), vault, nanos::get);

  GoogleSecretVaultTest() throws IOException {}

  @AfterEach
  void close() {
    vault.close();
    channels.forEach(ManagedChannel::shutdownNow);
    server.shutdownNow();
  }

  @Test
  void resolve_readsTheLatestVersion_orTheOneThatIsNamed() {
    payloads.put(LATEST, payload("sk-new\n"));
    payloads.put("projects/my-project/secrets/key/versions/3", payload("sk-old"));

    assertThat(resolve("sm://my-project/key")).isEqualTo("sk-new");
    assertThat(resolve("sm://my-project/key/3")).isEqualTo("sk-old");
  }

  @Test
  void resolve_asksAgain_whenWhatItKnowsIsOld() {
    payloads.put(LATEST, payload("sk-1"));
    assertThat(resolve("sm://my-project/key")).isEqualTo("sk-1");
    payloads.put(LATEST, payload("sk-2"));

    nanos.set(TimeUnit.SECONDS.toNanos(29));
    assertThat(resolve("sm://my-project/key")).isEqualTo("sk-1");
    nanos.set(TimeUnit.SECONDS.toNanos(31));
    assertThat(resolve("sm://my-project/key")).isEqualTo("sk-2");
    assertThat(asked).hasSize(2);
  }

  @Test
  void resolve_namesTheRemedy_whenTheServiceRefuses() {
    assertThatThrownBy(() -> resolve("sm://my-project/none"))
        .isInstanceOf(SecretUnavailableException.class)
        .hasMessageStartingWith("sm://my-project/none does not exist; create");
    refusals.put(LATEST, Status.PERMISSION_DENIED);
    assertThatThrownBy(() -> resolve("sm://my-project/key"))
        .isInstanceOf(SecretUnavailableException.class)
        .hasMessageContaining("roles/secretmanager.secretAccessor");
    refusals.put(LATEST, Status.FAILED_PRECONDITION);
    assertThatThrownBy(() -> resolve("sm://my-project/key"))
        .isInstanceOf(SecretUnavailableException.class)
        .hasMessageContaining("disabled or destroyed");
  }

  @Test
  void resolve_refuses_whenThePayloadWasDamaged() {
    payloads.put(LATEST, payload("sk-1").toBuilder().setDataCrc32C(7).build());

    assertThatThrownBy(() -> resolve("sm://my-project/key"))
        .isInstanceOf(SecretUnavailableException.class)
        .hasMessageContaining("damaged")
        .hasMessageNotContaining("sk-1");
  }

  private String resolve(String reference) {
    return resolver.resolve(SecretReference.parse(reference).orElseThrow());
  }

  private static SecretPayload payload(String text) {
    ByteString data = ByteString.copyFromUtf8(text);
    var sum = new CRC32C();
    sum.update(data.toByteArray());
    return SecretPayload.newBuilder().setData(data).setDataCrc32C(sum.getValue()).build();
  }

  private SecretManagerServiceSettings.Builder settings() {
    ManagedChannel channel = InProcessChannelBuilder.forName(name).build();
    channels.add(channel);
    return SecretManagerServiceSettings.newBuilder()
        .setTransportChannelProvider(
            FixedTransportChannelProvider.create(GrpcTransportChannel.create(channel)))
        .setCredentialsProvider(NoCredentialsProvider.create());
  }

  private final class FakeService extends SecretManagerServiceImplBase {
    @Override
    public void accessSecretVersion(
        AccessSecretVersionRequest request, StreamObserver<AccessSecretVersionResponse> answer) {
      asked.add(request.getName());
      SecretPayload payload = payloads.get(request.getName());
      Status refusal = refusals.get(request.getName());
      if (payload == null || refusal != null) {
        answer.onError((refusal == null ? Status.NOT_FOUND : refusal).asRuntimeException());
        return;
      }
      answer.onNext(AccessSecretVersionResponse.newBuilder().setPayload(payload).build());
      answer.onCompleted();
    }
  }
}

package io.promptbeam.store;

import com.google.api.gax.grpc.ChannelPoolSettings;
import com.google.api.gax.grpc.InstantiatingGrpcChannelProvider;
import com.google.api.gax.retrying.RetrySettings;
import com.google.cloud.bigtable.admin.v2.BigtableTableAdminClient;
import com.google.cloud.bigtable.admin.v2.BigtableTableAdminSettings;
import com.google.cloud.bigtable.data.v2.BigtableDataClient;
import com.google.cloud.bigtable.data.v2.BigtableDataSettings;
import com.google.cloud.bigtable.data.v2.stub.EnhancedBigtableStubSettings;
import com.google.cloud.bigtable.data.v2.stub.metrics.NoopMetricsProvider;
import io.grpc.ClientInterceptor;
import io.promptbeam.outage.QuickReconnect;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** Opens Bigtable's clients for a target. */
final class BigtableClients {
  /** How long a call may take, with the client's own retries. */
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);

  private BigtableClients() {}

  static BigtableDataClient data(BigtableTarget target, BigtableJobStore.Options options)
      throws IOException {
    return BigtableDataClient.create(settings(target, options, List.of()));
  }

  /**
   * How a client is set up.
   *
   * @param interceptors around each request to an emulator
   */
  static BigtableDataSettings settings(
      BigtableTarget target,
      BigtableJobStore.Options options,
      List<ClientInterceptor> interceptors) {
    BigtableDataSettings.Builder settings;
    if (target instanceof BigtableTarget.Emulator emulator) {
      settings = BigtableDataSettings.newBuilderForEmulator(emulator.host(), emulator.port());
      EnhancedBigtableStubSettings.Builder stub = settings.stubSettings();
      reconnectQuickly(stub);
      var channels = (InstantiatingGrpcChannelProvider) stub.getTransportChannelProvider();
      stub.setTransportChannelProvider(
          channels.toBuilder()
              .setChannelPoolSettings(
                  ChannelPoolSettings.staticallySized(options.emulatorChannels()))
              .setInterceptorProvider(() -> interceptors)
              .build());
    } else {
      settings = BigtableDataSettings.newBuilder();
      reconnectQuickly(settings.stubSettings());
      if (target instanceof BigtableTarget.Cloud cloud && cloud.appProfileId().isPresent()) {
        settings.setAppProfileId(cloud.appProfileId().get());
      }
    }
    settings.setProjectId(target.projectId()).setInstanceId(target.instanceId());
    if (!options.clientMetrics()) {
      settings.setMetricsProvider(NoopMetricsProvider.INSTANCE).disableInternalMetrics();
    }
    EnhancedBigtableStubSettings.Builder stub = settings.stubSettings();
    stub.readRowSettings().setRetrySettings(timed(stub.readRowSettings().getRetrySettings()));
    stub.mutateRowSettings().setRetrySettings(timed(stub.mutateRowSettings().getRetrySettings()));
    stub.checkAndMutateRowSettings()
        .setRetrySettings(timed(stub.checkAndMutateRowSettings().getRetrySettings()));
    stub.readModifyWriteRowSettings()
        .setRetrySettings(timed(stub.readModifyWriteRowSettings().getRetrySettings()));
    stub.readRowsSettings().setRetrySettings(timed(stub.readRowsSettings().getRetrySettings()));
    stub.bulkMutateRowsSettings()
        .setRetrySettings(timed(stub.bulkMutateRowsSettings().getRetrySettings()));
    return settings.build();
  }

  private static void reconnectQuickly(EnhancedBigtableStubSettings.Builder stub) {
    if (stub.getTransportChannelProvider() instanceof InstantiatingGrpcChannelProvider channels) {
      InstantiatingGrpcChannelProvider.Builder quick = channels.toBuilder();
      var configurator = quick.getChannelConfigurator();
      quick.setChannelConfigurator(
          builder ->
              QuickReconnect.wrap(configurator == null ? builder : configurator.apply(builder)));
      stub.setTransportChannelProvider(quick.build());
    }
  }

  private static RetrySettings timed(RetrySettings settings) {
    return settings.toBuilder()
        .setTotalTimeoutDuration(CALL_TIMEOUT)
        .setInitialRpcTimeoutDuration(CALL_TIMEOUT)
        .setMaxRpcTimeoutDuration(CALL_TIMEOUT)
        .build();
  }

  static BigtableTableAdminClient admin(BigtableTarget target) throws IOException {
    BigtableTableAdminSettings.Builder settings =
        target instanceof BigtableTarget.Emulator emulator
            ? BigtableTableAdminSettings.newBuilderForEmulator(emulator.host(), emulator.port())
            : BigtableTableAdminSettings.newBuilder();
    settings.setProjectId(target.projectId()).setInstanceId(target.instanceId());
    return BigtableTableAdminClient.create(settings.build());
  }
}

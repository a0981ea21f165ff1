package io.promptbeam.api.anthropic;

import static io.promptbeam.api.anthropic.BatchStack.requests;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.errors.NotFoundException;
import com.anthropic.errors.UnauthorizedException;
import com.anthropic.services.blocking.messages.BatchService;
import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiKeys;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whose a batch is, by either way to present a key. */
class MessageBatchOwnersIT {
  private static String line(String owner, String key) throws Exception {
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    return owner + " " + HexFormat.of().formatHex(hash) + "\n";
  }

  private static BatchService batches(
      BatchStack stack, UnaryOperator<AnthropicOkHttpClient.Builder> key) {
    return key.apply(
            AnthropicOkHttpClient.builder().baseUrl("http://127.0.0.1:" + stack.proxy.port()))
        .build()
        .messages()
        .batches();
  }

  @Test
  void batch_isThereForItsOwnerOnly(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("keys");
    Files.writeString(file, line("ann", "key-of-ann") + line("bob", "key-of-bob"));
    try (BatchStack stack = new BatchStack(ApiConfig.loopback(0).withKeys(ApiKeys.read(file)))) {
      BatchService ann = batches(stack, client -> client.apiKey("key-of-ann"));
      BatchService annByToken = batches(stack, client -> client.authToken("key-of-ann"));
      BatchService bob = batches(stack, client -> client.authToken("key-of-bob"));
      BatchService nobody = batches(stack, client -> client.apiKey("key-of-nobody"));
      String id = ann.create(requests(1)).id();
      assertThat(annByToken.retrieve(id).id()).isEqualTo(id);
      assertThat(bob.list().data()).isEmpty();
      assertThat(catchThrowableOfType(NotFoundException.class, () -> bob.retrieve(id))).isNotNull();
      assertThat(catchThrowableOfType(NotFoundException.class, () -> bob.cancel(id))).isNotNull();
      assertThat(catchThrowableOfType(NotFoundException.class, () -> bob.delete(id))).isNotNull();
      UnauthorizedException unknown =
          catchThrowableOfType(UnauthorizedException.class, () -> nobody.create(requests(1)));
      assertThat(unknown.type().orElseThrow().asString()).isEqualTo("authentication_error");
    }
  }
}

package io.promptbeam.api.openai;

import io.promptbeam.batch.StoredFile;
import io.promptbeam.store.FileStore;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Writes a stored file out piece by piece, with the next one read meanwhile. Blocks. */
final class StoredContent {
  private StoredContent() {}

  static void write(FileStore store, StoredFile file, OutputStream out) throws IOException {
    CompletableFuture<byte[]> ahead =
        file.chunks() > 0
            ? store.chunk(file.id(), 0)
            : CompletableFuture.completedFuture(new byte[0]);
    for (int i = 0; i < file.chunks(); i++) {
      byte[] piece;
      try {
        piece = ahead.join();
      } catch (CompletionException e) {
        throw new IOException("the store does not give a piece of the file", e.getCause());
      }
      if (i + 1 < file.chunks()) {
        ahead = store.chunk(file.id(), i + 1);
      }
      out.write(piece);
    }
  }
}

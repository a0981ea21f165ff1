package io.promptbeam.templates.export;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.zip.GZIPOutputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.xerial.snappy.Snappy;

/** Compresses Parquet's pages; Parquet's own factory makes its codecs through Hadoop. */
final class PageCompression implements CompressionCodecFactory {
  @FunctionalInterface
  private interface Compression {
    byte[] of(byte[] page) throws IOException;
  }

  @Override
  public BytesInputCompressor getCompressor(CompressionCodecName codec) {
    Compression compression =
        switch (codec) {
          case UNCOMPRESSED -> page -> page;
          case SNAPPY -> Snappy::compress;
          case ZSTD -> Zstd::compress;
          case GZIP -> PageCompression::gzip;
          case LZO, BROTLI, LZ4, LZ4_RAW ->
              throw new IllegalArgumentException("no compression by " + codec);
        };
    return new Compressor(codec, compression);
  }

  private static byte[] gzip(byte[] page) throws IOException {
    var bytes = new ByteArrayOutputStream(page.length / 2);
    try (var zip = new GZIPOutputStream(bytes)) {
      zip.write(page);
    }
    return bytes.toByteArray();
  }

  @Override
  public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
    throw new UnsupportedOperationException("exports are not read");
  }

  @Override
  public void release() {}

  private record Compressor(CompressionCodecName codec, Compression compression)
      implements BytesInputCompressor {
    @Override
    public BytesInput compress(BytesInput page) throws IOException {
      var bytes = new ByteArrayOutputStream(Math.toIntExact(page.size()));
      page.writeAllTo(bytes);
      return BytesInput.from(compression.of(bytes.toByteArray()));
    }

    @Override
    public CompressionCodecName getCodecName() {
      return codec;
    }

    @Override
    public void release() {}
  }
}

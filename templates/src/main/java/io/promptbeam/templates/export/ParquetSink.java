package io.promptbeam.templates.export;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.io.FileIO;
import org.apache.parquet.avro.AvroParquetWriter;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Parquet by its own writer, in a way that needs nothing of Hadoop when it runs: a stream instead
 * of a path, plain settings, and {@link PageCompression}.
 */
final class ParquetSink implements FileIO.Sink<GenericRecord> {
  private static final long serialVersionUID = 1L;

  /**
   * Rows wait in memory until they come to so much: several files are open at a time. It is looked
   * at from the first row on, and not from the hundredth, since a row may have some 10 MB.
   */
  private static final long ROW_GROUP_BYTES = 16L * 1024 * 1024;

  private final CompressionCodecName codec;
  private transient @Nullable ParquetWriter<GenericRecord> writer;

  ParquetSink(CompressionCodecName codec) {
    this.codec = codec;
  }

  @Override
  public void open(WritableByteChannel channel) throws IOException {
    writer =
        AvroParquetWriter.<GenericRecord>builder(new ChannelFile(channel))
            .withConf(new PlainParquetConfiguration())
            .withSchema(ExportSchema.SCHEMA)
            .withDataModel(GenericData.get())
            .withCodecFactory(new PageCompression())
            .withCompressionCodec(codec)
            .withRowGroupSize(ROW_GROUP_BYTES)
            .withMinRowCountForPageSizeCheck(1)
            .build();
  }

  @Override
  public void write(GenericRecord row) throws IOException {
    opened().write(row);
  }

  @Override
  public void flush() throws IOException {
    // Parquet ends with an index, so what is written last is written by closing.
    opened().close();
  }

  private ParquetWriter<GenericRecord> opened() {
    if (writer == null) {
      throw new IllegalStateException("not open");
    }
    return writer;
  }

  private record ChannelFile(WritableByteChannel channel) implements OutputFile {
    @Override
    public PositionOutputStream create(long blockSizeHint) {
      return new Counted(Channels.newOutputStream(channel));
    }

    @Override
    public PositionOutputStream createOrOverwrite(long blockSizeHint) {
      return create(blockSizeHint);
    }

    @Override
    public boolean supportsBlockSize() {
      return false;
    }

    @Override
    public long defaultBlockSize() {
      return 0;
    }
  }

  /** The channel is Beam's to close. */
  private static final class Counted extends PositionOutputStream {
    private final OutputStream out;
    private long position;

    Counted(OutputStream out) {
      this.out = out;
    }

    @Override
    public long getPos() {
      return position;
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
      position++;
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      out.write(from, offset, length);
      position += length;
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }

    @Override
    public void close() throws IOException {
      out.flush();
    }
  }
}

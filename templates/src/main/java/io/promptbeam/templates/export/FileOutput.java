package io.promptbeam.templates.export;

import static io.promptbeam.templates.export.ExportRequest.refused;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.extensions.avro.io.AvroIO;
import org.apache.beam.sdk.io.Compression;
import org.apache.beam.sdk.io.FileIO;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/**
 * Where files go and what they are.
 *
 * @param folder with its {@code /}
 * @param name what file names begin with
 * @param shards how many; empty: as the runner likes
 */
record FileOutput(
    String folder, String name, Format format, Codec codec, Optional<Integer> shards) {
  enum Format {
    JSONL,
    AVRO,
    PARQUET
  }

  enum Codec {
    NONE,
    GZIP,
    SNAPPY,
    ZSTD
  }

  private static final int MAX_SHARDS = 10_000;

  /**
   * Checks options against each other.
   *
   * @throws IllegalArgumentException that says what to change
   */
  static FileOutput of(String output, ExportResultsOptions options) {
    int slash = output.lastIndexOf('/');
    String name = output.substring(slash + 1);
    if (slash < 0 || name.isEmpty() || output.matches("gs:///?[^/]*")) {
      throw refused(
          "--output is a folder and the beginning of file names, such as"
              + " gs://my-bucket/exports/results, but is '"
              + output
              + "'");
    }
    if (name.contains("*") || name.contains("?")) {
      throw refused("--output must not contain * or ?, but is '" + output + "'");
    }
    Optional<Integer> shards = Optional.ofNullable(options.getNumFiles());
    if (shards.isPresent() && (shards.get() < 1 || shards.get() > MAX_SHARDS)) {
      throw refused("--numFiles is 1 to " + MAX_SHARDS + ", but is " + shards.get());
    }
    Format format = choice("outputFormat", options.getOutputFormat(), Format.class);
    Codec codec =
        ExportRequest.text(options.getCompression())
            .map(text -> choice("compression", text, Codec.class))
            .orElse(format == Format.JSONL ? Codec.NONE : Codec.SNAPPY);
    if (format == Format.JSONL && codec == Codec.SNAPPY) {
      throw refused("--compression=snappy is for avro and parquet; jsonl takes gzip or zstd");
    }
    return new FileOutput(output.substring(0, slash + 1), name, format, codec, shards);
  }

  private static <E extends Enum<E>> E choice(String option, String text, Class<E> type) {
    for (E each : type.getEnumConstants()) {
      if (each.name().equalsIgnoreCase(text.strip())) {
        return each;
      }
    }
    String names = EnumSet.allOf(type).toString();
    throw refused(
        "--"
            + option
            + " is one of "
            + names.substring(1, names.length() - 1).toLowerCase(Locale.ROOT)
            + ", not '"
            + text
            + "'");
  }

  /** Matches the files that an export makes here. */
  String pattern() {
    return folder + name + "-*-of-*" + suffix();
  }

  String suffix() {
    return formatSuffix() + whole().getSuggestedSuffix();
  }

  private String formatSuffix() {
    return switch (format) {
      case AVRO -> ".avro";
      case PARQUET -> ".parquet";
      case JSONL -> ".jsonl";
    };
  }

  FileIO.Write<Void, GenericRecord> write() {
    FileIO.Write<Void, GenericRecord> write =
        FileIO.<GenericRecord>write()
            .via(sink())
            .to(folder)
            // Beam adds the compression's own suffix.
            .withNaming(FileIO.Write.defaultNaming(name, formatSuffix()))
            .withCompression(whole());
    return shards.map(write::withNumShards).orElse(write);
  }

  /** Avro and Parquet are compressed inside, so that they can be read in parts. */
  private Compression whole() {
    if (format != Format.JSONL) {
      return Compression.UNCOMPRESSED;
    }
    return switch (codec) {
      case GZIP -> Compression.GZIP;
      case ZSTD -> Compression.ZSTD;
      case NONE, SNAPPY -> Compression.UNCOMPRESSED;
    };
  }

  FileIO.Sink<GenericRecord> sink() {
    return switch (format) {
      case JSONL -> new JsonLinesSink();
      case PARQUET ->
          new ParquetSink(
              switch (codec) {
                case NONE -> CompressionCodecName.UNCOMPRESSED;
                case GZIP -> CompressionCodecName.GZIP;
                case SNAPPY -> CompressionCodecName.SNAPPY;
                case ZSTD -> CompressionCodecName.ZSTD;
              });
      case AVRO -> AvroIO.<GenericRecord>sink(ExportSchema.SCHEMA).withCodec(avroCodec());
    };
  }

  private CodecFactory avroCodec() {
    return switch (codec) {
      case NONE -> CodecFactory.nullCodec();
      case GZIP -> CodecFactory.deflateCodec(CodecFactory.DEFAULT_DEFLATE_LEVEL);
      case SNAPPY -> CodecFactory.snappyCodec();
      case ZSTD -> CodecFactory.zstandardCodec(CodecFactory.DEFAULT_ZSTANDARD_LEVEL);
    };
  }
}

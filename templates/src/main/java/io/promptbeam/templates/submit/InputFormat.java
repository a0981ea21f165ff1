package io.promptbeam.templates.submit;

import java.util.Locale;

/** What files can be. */
enum InputFormat {
  JSONL,
  CSV,
  AVRO;

  private static final String PACKED = "\\.(gz|gzip|bz2|deflate|zip|zst|zstd)$";

  /**
   * The format of a file.
   *
   * @param option one of them, or {@code auto} to go by the file's name
   */
  static InputFormat of(String option, String fileName) {
    String given = option.strip().toLowerCase(Locale.ROOT);
    if (!given.equals("auto")) {
      return switch (given) {
        case "jsonl" -> JSONL;
        case "csv" -> CSV;
        case "avro" -> AVRO;
        default ->
            throw new IllegalArgumentException(
                "--inputFormat must be auto, jsonl, csv or avro, not '" + option + "'");
      };
    }
    String name = fileName.toLowerCase(Locale.ROOT).replaceFirst(PACKED, "");
    String suffix = name.substring(name.lastIndexOf('.') + 1);
    return switch (suffix) {
      case "jsonl", "ndjson", "json" -> JSONL;
      case "csv", "tsv" -> CSV;
      case "avro" -> AVRO;
      default ->
          throw new IllegalArgumentException(
              "the format of " + fileName + " cannot be told by its name; give --inputFormat");
    };
  }

  /**
   * A reader of it.
   *
   * @param csvDelimiter as the option gives it
   */
  RowReader reader(String csvDelimiter, String fileName) {
    return switch (this) {
      case JSONL -> new JsonlReader();
      case AVRO -> new AvroReader();
      case CSV -> {
        boolean tabs = fileName.toLowerCase(Locale.ROOT).replaceFirst(PACKED, "").endsWith(".tsv");
        yield new CsvReader(tabs ? '\t' : delimiter(csvDelimiter));
      }
    };
  }

  static char delimiter(String option) {
    if (option.equals("tab") || option.equals("\\t")) {
      return '\t';
    }
    boolean usable = option.length() == 1 && option.charAt(0) < 0x80;
    if (!usable || "\"\r\n".contains(option)) {
      throw new IllegalArgumentException(
          "--csvDelimiter must be one ASCII character, or the word tab");
    }
    return option.charAt(0);
  }
}

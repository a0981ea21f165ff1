package io.promptbeam.api.openai;

import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.ProblemException;
import io.promptbeam.api.http.Problems;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.fileupload.FileItemIterator;
import org.apache.commons.fileupload.FileItemStream;
import org.apache.commons.fileupload.FileUpload;
import org.apache.commons.fileupload.FileUploadException;
import org.apache.commons.fileupload.UploadContext;

/**
 * A form with one file, read part by part as it comes: the file goes to a {@link Sink} and is never
 * held. Parts may come in any order.
 *
 * @param fields the parts that are no file, by name
 */
record UploadForm(Map<String, String> fields, Optional<UploadForm.UploadedFile> file) {
  /** Takes the file's bytes. */
  @FunctionalInterface
  interface Sink {
    /** Called in order, and once more when the file has ended: with a length of 0. */
    void take(byte[] bytes, int length);
  }

  /** What came as the file. */
  record UploadedFile(String name, long bytes) {}

  private static final String FILE = "file";
  private static final int MAX_FIELD_BYTES = 4_096;
  private static final int MAX_NAME_CHARS = 255;
  private static final int MAX_PART_HEADER_BYTES = 8_192;
  private static final int PIECE_BYTES = 64 * 1024;

  /** Room for the other parts and for what parts are told apart by. */
  private static final long FORM_BYTES = 64 * 1024;

  UploadForm {
    fields = Map.copyOf(fields);
  }

  /**
   * Reads a request's form.
   *
   * @param known the names of the parts it may have beside the file
   * @throws ProblemException when it is none, or one that is broken or too large
   */
  static UploadForm read(ApiRequest request, Set<String> known, long maxFileBytes, Sink sink) {
    String type = request.header("Content-Type").orElse("");
    if (!FileUpload.isMultipartContent(context(type, InputStream.nullInputStream()))
        || request.header("Content-Encoding").isPresent()) {
      throw Problem.of(
              415,
              "unsupported_media_type",
              "Not a form",
              "Send the file as multipart/form-data, not compressed, with the parts file and"
                  + " purpose.")
          .asException();
    }
    InputStream body = request.bodyStream(maxFileBytes + FORM_BYTES);
    FileUpload parser = new FileUpload();
    parser.setHeaderEncoding(StandardCharsets.UTF_8.name());
    parser.setPartHeaderSizeMax(MAX_PART_HEADER_BYTES);
    try {
      return read(parser.getItemIterator(context(type, body)), known, maxFileBytes, sink);
    } catch (FileUploadException | IOException | IllegalArgumentException e) {
      // Their messages may quote the body.
      throw Problem.of(
              400,
              "malformed_form",
              "Malformed form",
              "The body is not the multipart/form-data that its Content-Type announces, or it ends"
                  + " too early.")
          .asException();
    }
  }

  private static UploadForm read(
      FileItemIterator parts, Set<String> known, long maxFileBytes, Sink sink)
      throws FileUploadException, IOException {
    Map<String, String> fields = new LinkedHashMap<>();
    Optional<UploadedFile> file = Optional.empty();
    while (parts.hasNext()) {
      FileItemStream part = parts.next();
      String name = part.getFieldName();
      if (name.equals(FILE) && file.isEmpty()) {
        file = Optional.of(readFile(part, maxFileBytes, sink));
      } else if (known.contains(name) && !fields.containsKey(name)) {
        fields.put(name, readField(part));
      } else if (known.contains(name) || name.equals(FILE)) {
        throw Answers.invalid("duplicate_parameter", name, "Send " + name + " once.");
      } else {
        throw Answers.invalid(
            "unknown_parameter",
            Answers.shown(name),
            "There is no part " + Answers.shown(name) + " in this form.");
      }
    }
    return new UploadForm(fields, file);
  }

  private static UploadedFile readFile(FileItemStream part, long maxBytes, Sink sink)
      throws IOException {
    byte[] piece = new byte[PIECE_BYTES];
    long bytes = 0;
    try (InputStream in = part.openStream()) {
      for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
        bytes += count;
        if (bytes > maxBytes) {
          throw Problems.tooLarge(maxBytes).withField(FILE).asException();
        }
        if (count > 0) {
          sink.take(piece, count);
        }
      }
    }
    sink.take(piece, 0);
    return new UploadedFile(fileName(part.getName()), bytes);
  }

  /** The last segment of what some clients send as a path. */
  private static String fileName(String given) {
    if (given == null || given.isBlank()) {
      return "upload.jsonl";
    }
    String name = given.substring(Math.max(given.lastIndexOf('/'), given.lastIndexOf('\\')) + 1);
    name = name.replaceAll("\\p{Cntrl}", "");
    return name.length() > MAX_NAME_CHARS ? name.substring(0, MAX_NAME_CHARS) : name;
  }

  private static String readField(FileItemStream part) throws IOException {
    try (InputStream in = part.openStream()) {
      byte[] value = in.readNBytes(MAX_FIELD_BYTES + 1);
      if (value.length > MAX_FIELD_BYTES) {
        String name = part.getFieldName();
        throw Answers.invalid("string_above_max_length", name, name + " is too long.");
      }
      return new String(value, StandardCharsets.UTF_8).strip();
    }
  }

  private static UploadContext context(String contentType, InputStream body) {
    return new UploadContext() {
      @Override
      public String getCharacterEncoding() {
        return StandardCharsets.UTF_8.name();
      }

      @Override
      public String getContentType() {
        return contentType;
      }

      @Override
      @Deprecated
      @SuppressWarnings("InlineMeSuggester") // nobody calls it
      public int getContentLength() {
        return -1;
      }

      @Override
      public long contentLength() {
        return -1;
      }

      @Override
      public InputStream getInputStream() {
        return body;
      }
    };
  }
}

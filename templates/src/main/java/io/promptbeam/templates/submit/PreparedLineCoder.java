package io.promptbeam.templates.submit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.beam.sdk.coders.CustomCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarLongCoder;

/** Field by field. */
final class PreparedLineCoder extends CustomCoder<PreparedLine> {
  private static final long serialVersionUID = 1L;
  private static final StringUtf8Coder TEXT = StringUtf8Coder.of();
  private static final VarLongCoder NUMBER = VarLongCoder.of();

  @Override
  public void encode(PreparedLine line, OutputStream out) throws IOException {
    TEXT.encode(line.source(), out);
    NUMBER.encode(line.number(), out);
    TEXT.encode(line.customId(), out);
    TEXT.encode(line.json(), out);
    TEXT.encode(line.modelId(), out);
    NUMBER.encode(line.inputTokens(), out);
    NUMBER.encode(line.outputTokens(), out);
  }

  @Override
  public PreparedLine decode(InputStream in) throws IOException {
    return new PreparedLine(
        TEXT.decode(in),
        NUMBER.decode(in),
        TEXT.decode(in),
        TEXT.decode(in),
        TEXT.decode(in),
        NUMBER.decode(in),
        NUMBER.decode(in));
  }

  @Override
  public void verifyDeterministic() {}
}

package io.promptbeam.templates.submit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.submit.MalformedJsonException;
import io.promptbeam.submit.StrictJson;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.CustomCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarLongCoder;

/** Rows as JSON. */
final class InputRowCoder extends CustomCoder<InputRow> {
  private static final long serialVersionUID = 1L;

  @Override
  public void encode(InputRow row, OutputStream out) throws IOException {
    StringUtf8Coder.of().encode(row.source(), out);
    VarLongCoder.of().encode(row.number(), out);
    ByteArrayCoder.of().encode(StrictJson.write(row.columns()), out);
  }

  @Override
  public InputRow decode(InputStream in) throws IOException {
    String source = StringUtf8Coder.of().decode(in);
    long number = VarLongCoder.of().decode(in);
    try {
      return new InputRow(
          source, number, (ObjectNode) StrictJson.read(ByteArrayCoder.of().decode(in)));
    } catch (MalformedJsonException e) {
      throw new IOException("a row is not what was written", e);
    }
  }

  @Override
  public void verifyDeterministic() {}
}

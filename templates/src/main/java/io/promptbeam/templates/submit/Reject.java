package io.promptbeam.templates.submit;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import java.io.Serializable;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.DefaultCoder;
import org.apache.beam.sdk.coders.SerializableCoder;

/**
 * A row that cannot be used.
 *
 * @param row its file and number
 * @param code stable
 * @param reason for a person; quotes no value
 * @param data of the row, as JSON
 */
@DefaultCoder(SerializableCoder.class)
record Reject(String row, String code, String reason, String data) implements Serializable {
  static final Coder<Reject> CODER = SerializableCoder.of(Reject.class);

  static Reject of(InputRow row, String code, String reason) {
    return new Reject(row.place(), code, reason, row.columns().toString());
  }

  /** A line of the file of rejected rows. */
  String json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("row", row).put("code", code).put("reason", reason);
    json.putRawValue("data", new RawValue(data));
    return json.toString();
  }
}

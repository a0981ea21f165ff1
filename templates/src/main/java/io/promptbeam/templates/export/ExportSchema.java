package io.promptbeam.templates.export;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;

/**
 * The columns of an export, the same in every format. People query them: add at the end, do not
 * rename.
 */
final class ExportSchema {
  static final String JOB_ID = "job_id";
  static final String BATCH_ID = "batch_id";
  static final String CUSTOM_ID = "custom_id";
  static final String LINE = "line";
  static final String OWNER = "owner";
  static final String JOB_TYPE = "job_type";
  static final String QUESTION_ID = "question_id";
  static final String MODEL = "model";
  static final String SERVED_BY = "served_by";
  static final String PROVIDER_MODEL = "provider_model";
  static final String STATE = "state";
  static final String TEXT = "text";
  static final String RESPONSE = "response";
  static final String ERROR_CODE = "error_code";
  static final String ERROR_MESSAGE = "error_message";
  static final String INPUT_TOKENS = "input_tokens";
  static final String CACHED_INPUT_TOKENS = "cached_input_tokens";
  static final String OUTPUT_TOKENS = "output_tokens";
  static final String REASONING_TOKENS = "reasoning_tokens";
  static final String COST_USD = "cost_usd";
  static final String ATTEMPTS = "attempts";
  static final String SUBMITTED_AT = "submitted_at";
  static final String STARTED_AT = "started_at";
  static final String COMPLETED_AT = "completed_at";
  static final String METADATA = "metadata";
  static final String REQUEST = "request";

  private static final Schema STRING = Schema.create(Schema.Type.STRING);
  private static final Schema LONG = Schema.create(Schema.Type.LONG);
  private static final Schema DOUBLE = Schema.create(Schema.Type.DOUBLE);
  private static final Schema TIME =
      LogicalTypes.timestampMicros().addToSchema(Schema.create(Schema.Type.LONG));

  static final Schema SCHEMA =
      new Builder()
          .required(JOB_ID, STRING, "The job's id; of a line of a batch, the line's.")
          .optional(BATCH_ID, STRING, "The batch that the job belongs to.")
          .optional(CUSTOM_ID, STRING, "What the caller called the line or the job.")
          .optional(LINE, LONG, "The line in the batch's file, counted from 1.")
          .required(OWNER, STRING, "Whose job it is.")
          .required(JOB_TYPE, STRING, "What kind of job the caller called it; batch for lines.")
          .optional(QUESTION_ID, STRING, "The caller's question_id.")
          .required(MODEL, STRING, "The model asked for: an id of models.yaml.")
          .optional(SERVED_BY, STRING, "The model that answered, after fallbacks.")
          .optional(PROVIDER_MODEL, STRING, "The model as the provider's answer names it.")
          .required(
              STATE, STRING, "completed, failed, expired, cancelled, and pending or processing.")
          .optional(TEXT, STRING, "The answer's text; null where it has none.")
          .optional(RESPONSE, STRING, "The provider's answer, as it came: JSON.")
          .optional(ERROR_CODE, STRING, "Why there is no answer: a stable code.")
          .optional(ERROR_MESSAGE, STRING, "Why there is no answer, for people.")
          .optional(INPUT_TOKENS, LONG, "Tokens of all calls, cached ones among them.")
          .optional(CACHED_INPUT_TOKENS, LONG, "Input tokens that the provider had cached.")
          .optional(OUTPUT_TOKENS, LONG, "Tokens of all calls, reasoning among them.")
          .optional(REASONING_TOKENS, LONG, "Output tokens spent on reasoning.")
          .optional(COST_USD, DOUBLE, "US dollars of all calls; null where it is not known.")
          .required(ATTEMPTS, LONG, "How often the provider was asked.")
          .required(SUBMITTED_AT, TIME, "When the job was submitted.")
          .optional(STARTED_AT, TIME, "When the last attempt began.")
          .optional(COMPLETED_AT, TIME, "When the job ended, however it did.")
          .optional(METADATA, STRING, "What the caller noted with the job: a JSON object.")
          .optional(REQUEST, STRING, "The request, where it was asked for: JSON.")
          .build();

  private ExportSchema() {}

  /** The type of a column, whether it may be null or not. */
  static Schema type(Schema.Field column) {
    return isNullable(column) ? column.schema().getTypes().get(1) : column.schema();
  }

  static boolean isNullable(Schema.Field column) {
    return column.schema().isUnion();
  }

  static boolean isTime(Schema type) {
    LogicalType logical = type.getLogicalType();
    return logical != null && logical.equals(LogicalTypes.timestampMicros());
  }

  /** What a value of a column that is a time says. */
  static Instant time(Object value) {
    return Instant.EPOCH.plus((Long) value, ChronoUnit.MICROS);
  }

  private static final class Builder {
    private SchemaBuilder.FieldAssembler<Schema> fields =
        SchemaBuilder.record("ExportedJob").namespace("io.promptbeam").fields();

    Builder required(String name, Schema type, String doc) {
      fields = fields.name(name).doc(doc).type(type).noDefault();
      return this;
    }

    Builder optional(String name, Schema type, String doc) {
      Schema nullable = Schema.createUnion(Schema.create(Schema.Type.NULL), type);
      fields = fields.name(name).doc(doc).type(nullable).withDefault(null);
      return this;
    }

    Schema build() {
      return fields.endRecord();
    }
  }
}

package io.promptbeam.trace;

import io.opentelemetry.api.common.AttributeKey;
import java.util.List;

/**
 * All attributes a span of ours may have: ids, names, counts and codes, never what was asked or
 * answered, nor whose it is. The names are those of OpenTelemetry's semantic conventions for HTTP,
 * messaging and generative AI, and {@code promptbeam.*} where these have none.
 */
public final class TraceFields {
  // HTTP, of the request served and of the provider called.
  public static final AttributeKey<String> HTTP_METHOD =
      AttributeKey.stringKey("http.request.method");
  public static final AttributeKey<String> HTTP_ROUTE = AttributeKey.stringKey("http.route");
  public static final AttributeKey<Long> HTTP_STATUS =
      AttributeKey.longKey("http.response.status_code");
  public static final AttributeKey<String> URL_SCHEME = AttributeKey.stringKey("url.scheme");
  public static final AttributeKey<String> SERVER_ADDRESS =
      AttributeKey.stringKey("server.address");
  public static final AttributeKey<Long> SERVER_PORT = AttributeKey.longKey("server.port");
  public static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");

  // Messaging.
  public static final AttributeKey<String> MESSAGING_SYSTEM =
      AttributeKey.stringKey("messaging.system");
  public static final AttributeKey<String> MESSAGING_DESTINATION =
      AttributeKey.stringKey("messaging.destination.name");
  public static final AttributeKey<String> MESSAGING_OPERATION =
      AttributeKey.stringKey("messaging.operation.name");
  public static final AttributeKey<String> MESSAGING_OPERATION_TYPE =
      AttributeKey.stringKey("messaging.operation.type");

  // Generative AI.
  public static final AttributeKey<String> GEN_AI_OPERATION =
      AttributeKey.stringKey("gen_ai.operation.name");
  public static final AttributeKey<String> GEN_AI_PROVIDER =
      AttributeKey.stringKey("gen_ai.provider.name");
  public static final AttributeKey<String> GEN_AI_REQUEST_MODEL =
      AttributeKey.stringKey("gen_ai.request.model");
  public static final AttributeKey<String> GEN_AI_RESPONSE_MODEL =
      AttributeKey.stringKey("gen_ai.response.model");
  public static final AttributeKey<Long> GEN_AI_INPUT_TOKENS =
      AttributeKey.longKey("gen_ai.usage.input_tokens");
  public static final AttributeKey<Long> GEN_AI_OUTPUT_TOKENS =
      AttributeKey.longKey("gen_ai.usage.output_tokens");
  public static final AttributeKey<List<String>> GEN_AI_FINISH_REASONS =
      AttributeKey.stringArrayKey("gen_ai.response.finish_reasons");

  // Ours.
  public static final AttributeKey<String> REQUEST_ID =
      AttributeKey.stringKey("promptbeam.request.id");
  public static final AttributeKey<String> JOB_ID = AttributeKey.stringKey("promptbeam.job.id");
  public static final AttributeKey<String> BATCH_ID = AttributeKey.stringKey("promptbeam.batch.id");
  public static final AttributeKey<Long> ATTEMPT = AttributeKey.longKey("promptbeam.attempt");
  public static final AttributeKey<String> MODEL = AttributeKey.stringKey("promptbeam.model");
  public static final AttributeKey<String> PRIORITY = AttributeKey.stringKey("promptbeam.priority");
  public static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("promptbeam.outcome");

  /** Every one above, as the documentation lists them. */
  public static final List<AttributeKey<?>> ALL =
      List.of(
          HTTP_METHOD,
          HTTP_ROUTE,
          HTTP_STATUS,
          URL_SCHEME,
          SERVER_ADDRESS,
          SERVER_PORT,
          ERROR_TYPE,
          MESSAGING_SYSTEM,
          MESSAGING_DESTINATION,
          MESSAGING_OPERATION,
          MESSAGING_OPERATION_TYPE,
          GEN_AI_OPERATION,
          GEN_AI_PROVIDER,
          GEN_AI_REQUEST_MODEL,
          GEN_AI_RESPONSE_MODEL,
          GEN_AI_INPUT_TOKENS,
          GEN_AI_OUTPUT_TOKENS,
          GEN_AI_FINISH_REASONS,
          REQUEST_ID,
          JOB_ID,
          BATCH_ID,
          ATTEMPT,
          MODEL,
          PRIORITY,
          OUTCOME);

  private TraceFields() {}
}

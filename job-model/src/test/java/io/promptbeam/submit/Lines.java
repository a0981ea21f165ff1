package io.promptbeam.submit;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.FileId;
import io.promptbeam.batch.LineProblem;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.Pricing;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.catalog.Simulation;
import io.promptbeam.catalog.Timeouts;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.store.FileLines;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Parses lines with a model of each provider: gpt, sim, claude and gem; tiny has small limits. */
final class Lines {
  private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
  private static final ModelCatalog CATALOG =
      new ModelCatalog(
          List.of(
              model("gpt", ProviderKind.OPENAI, 10_000_000),
              model("sim", ProviderKind.SIMULATED, 10_000_000),
              model("claude", ProviderKind.ANTHROPIC, 10_000_000),
              model("gem", ProviderKind.GEMINI, 10_000_000),
              model("tiny", ProviderKind.OPENAI, 300)));

  private final BatchLineParser parser = new BatchLineParser(() -> CATALOG);
  private final BatchSpec batch;

  private Lines(BatchProtocol protocol, String endpoint) {
    this.batch =
        new BatchSpec(
            BatchId.random(),
            new Owner("ann"),
            protocol,
            FileId.random(),
            endpoint,
            "24h",
            Map.of(),
            NOW,
            NOW.plus(Duration.ofDays(1)),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
  }

  static Lines openAi(String endpoint) {
    return new Lines(BatchProtocol.OPENAI, endpoint);
  }

  static Lines anthropic() {
    return new Lines(BatchProtocol.ANTHROPIC, "/v1/messages");
  }

  private static ModelConfig model(String id, ProviderKind provider, long tokensPerMinute) {
    return new ModelConfig(
        id,
        provider,
        Optional.empty(),
        Optional.empty(),
        id + "-upstream",
        new RateLimits(60, tokensPerMinute, 10),
        Pricing.FREE,
        Timeouts.DEFAULT,
        provider == ProviderKind.SIMULATED ? Optional.of(Simulation.DEFAULT) : Optional.empty());
  }

  /** JSON with single quotes. */
  static byte[] json(String text) {
    return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }

  BatchLineParser.Parsed parse(int number, byte[] line) {
    return parser.parse(batch, new FileLines.Line(number, Optional.of(line)));
  }

  BatchLineParser.Parsed tooLong(int number) {
    return parser.parse(batch, new FileLines.Line(number, Optional.empty()));
  }

  BatchLineParser.Parsed.Good good(String line) {
    var parsed = parse(7, json(line));
    assertThat(parsed).as(line).isInstanceOf(BatchLineParser.Parsed.Good.class);
    return (BatchLineParser.Parsed.Good) parsed;
  }

  /** Its code and its param. */
  String bad(String line) {
    return bad(parse(7, json(line)), 7);
  }

  static String bad(BatchLineParser.Parsed parsed, int number) {
    assertThat(parsed).isInstanceOf(BatchLineParser.Parsed.Bad.class);
    LineProblem problem = ((BatchLineParser.Parsed.Bad) parsed).problem();
    assertThat(problem.line()).isEqualTo(number);
    assertThat(problem.message()).isNotBlank();
    return problem.code() + " " + problem.param();
  }

  String badBody(String body) {
    return bad(line(body));
  }

  LlmRequest.Messages translated(String body) {
    return (LlmRequest.Messages) good(line(body)).request();
  }

  /** A line around a body, or around params. */
  String line(String body) {
    return batch.protocol() == BatchProtocol.OPENAI
        ? "{'custom_id':'a','method':'POST','url':'" + batch.endpoint() + "','body':" + body + "}"
        : "{'custom_id':'a','params':" + body + "}";
  }
}

package io.promptbeam.catalog;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a provider's API is used.
 *
 * @param vertex present where a gemini model is served by Vertex AI
 * @param stream whether answers are streamed to us, so that long ones meet no timeout on the way;
 *     callers see no difference
 * @param maxOutputTokens for requests that name no limit, where the provider demands one
 * @param sendTraceparent whether the provider is told of the trace a call is part of
 */
public record ProviderOptions(
    Optional<Vertex> vertex, boolean stream, OptionalInt maxOutputTokens, boolean sendTraceparent) {
  public static final ProviderOptions DEFAULT =
      new ProviderOptions(Optional.empty(), false, OptionalInt.empty());

  /** Of a provider that need not know of traces. */
  public ProviderOptions(Optional<Vertex> vertex, boolean stream, OptionalInt maxOutputTokens) {
    this(vertex, stream, maxOutputTokens, false);
  }
}

package io.promptbeam.catalog;

/**
 * Where on Vertex AI a model is served, called with Google credentials instead of a key.
 *
 * @param location such as {@code europe-west4}, or {@code global}
 */
public record Vertex(String project, String location) {}

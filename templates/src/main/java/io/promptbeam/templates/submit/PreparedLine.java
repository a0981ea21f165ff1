package io.promptbeam.templates.submit;

/**
 * A line of the batch's file, looked at as the job pipeline will look at it.
 *
 * @param source of its row
 * @param number of its row
 * @param json the line, without its end
 * @param modelId of the catalog
 * @param inputTokens estimated
 * @param outputTokens what it allows, or else usual
 */
record PreparedLine(
    String source,
    long number,
    String customId,
    String json,
    String modelId,
    long inputTokens,
    long outputTokens) {}

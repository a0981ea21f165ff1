package io.promptbeam.local.bench;

/**
 * One figure.
 *
 * @param promptbeam as measured
 * @param reference of something simpler, measured in the same run; "-" where there is none
 * @param target to reach
 */
public record Row(String figure, String promptbeam, String reference, String target) {}

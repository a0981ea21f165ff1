package io.promptbeam.catalog;

/**
 * A provider account that several models share, with limits over all of them.
 *
 * @param id what a model's {@code account} names
 */
public record Account(String id, RateLimits limits) {}

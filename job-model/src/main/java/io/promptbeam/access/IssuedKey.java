package io.promptbeam.access;

/**
 * A key that was just made.
 *
 * @param text for its holder; kept nowhere
 */
public record IssuedKey(ApiKey key, KeyText text) {}

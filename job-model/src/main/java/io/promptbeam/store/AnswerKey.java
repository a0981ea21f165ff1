package io.promptbeam.store;

/**
 * What two requests share that one answer may serve.
 *
 * @param ownerHash SHA-256 (hex) of the owner's name: no answer is shared between owners
 * @param requestHash SHA-256 (hex) of model, request and options that change the answer
 */
public record AnswerKey(String ownerHash, String requestHash) {}

package io.promptbeam.pipeline.llm;

import java.net.URI;

/**
 * What goes to a provider for one call.
 *
 * @param body JSON in UTF-8
 * @param streamed whether the answer is asked for in pieces
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; a copy per call would be waste
record PreparedCall(URI uri, byte[] body, boolean streamed, AnswerFormat format) {}

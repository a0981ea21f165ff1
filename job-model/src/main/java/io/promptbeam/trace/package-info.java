/** Spans of requests, messages and calls, and where they are sent. */
@NullMarked
package io.promptbeam.trace;

import org.jspecify.annotations.NullMarked;

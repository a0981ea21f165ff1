/** Anthropic's Message Batches, as its official clients speak them. */
@NullMarked
package io.promptbeam.api.anthropic;

import org.jspecify.annotations.NullMarked;

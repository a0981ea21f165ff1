/** Files and batches as OpenAI's clients know them. */
@NullMarked
package io.promptbeam.api.openai;

import org.jspecify.annotations.NullMarked;

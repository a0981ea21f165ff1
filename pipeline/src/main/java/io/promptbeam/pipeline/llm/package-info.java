/** Calls to providers: one client per model, one family of errors. */
@NullMarked
package io.promptbeam.pipeline.llm;

import org.jspecify.annotations.NullMarked;

/** Measures batches over HTTP, up to a million lines. */
@NullMarked
package io.promptbeam.local.bench.batches;

import org.jspecify.annotations.NullMarked;

/** Benchmarks of the embedded stack, each beside a reference measured in the same run. */
@NullMarked
package io.promptbeam.local.bench;

import org.jspecify.annotations.NullMarked;

/** Batches for whichever protocol: creating, reading and counting them. */
@NullMarked
package io.promptbeam.api.batches;

import org.jspecify.annotations.NullMarked;

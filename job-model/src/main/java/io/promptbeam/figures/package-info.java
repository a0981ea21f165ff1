/** How long things take, counted in buckets that are the same everywhere. */
@NullMarked
package io.promptbeam.figures;

import org.jspecify.annotations.NullMarked;

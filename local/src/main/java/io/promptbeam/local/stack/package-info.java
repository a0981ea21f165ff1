/** Store, queue, pipeline and service wired together, embedded or against servers outside. */
@NullMarked
package io.promptbeam.local.stack;

import org.jspecify.annotations.NullMarked;

/** Looks into the dead-letter subscription, and sends messages back from it. */
@NullMarked
package io.promptbeam.local.deadletter;

import org.jspecify.annotations.NullMarked;

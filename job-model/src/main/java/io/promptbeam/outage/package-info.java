/** What helps to ride out servers that are away for a while. */
@NullMarked
package io.promptbeam.outage;

import org.jspecify.annotations.NullMarked;

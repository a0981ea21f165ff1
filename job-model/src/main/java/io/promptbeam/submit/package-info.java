/** From a caller's JSON to a durable, dispatched job. */
@NullMarked
package io.promptbeam.submit;

import org.jspecify.annotations.NullMarked;

/** How many calls a model may have: requests and tokens per minute, and in flight. */
@NullMarked
package io.promptbeam.pipeline.quota;

import org.jspecify.annotations.NullMarked;

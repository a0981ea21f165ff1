/** How callers prove who they are beyond a file of keys, and the routes by which keys are kept. */
@NullMarked
package io.promptbeam.api.access;

import org.jspecify.annotations.NullMarked;

/** Who may do what: API keys as values, and the rules by which they are issued and end. */
@NullMarked
package io.promptbeam.access;

import org.jspecify.annotations.NullMarked;

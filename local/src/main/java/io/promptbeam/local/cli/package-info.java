/** The {@code promptbeam} command: its verbs, what they print, and how they fail. */
@NullMarked
package io.promptbeam.local.cli;

import org.jspecify.annotations.NullMarked;

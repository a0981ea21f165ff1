/** A file of prompts in, a file of results out: reading, following, progress and summary. */
@NullMarked
package io.promptbeam.local.run;

import org.jspecify.annotations.NullMarked;

/** What travels over Pub/Sub: references to jobs, never prompts. */
@NullMarked
package io.promptbeam.message;

import org.jspecify.annotations.NullMarked;

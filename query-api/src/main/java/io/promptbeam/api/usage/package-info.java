/** What the caller used and paid, added up. */
@NullMarked
package io.promptbeam.api.usage;

import org.jspecify.annotations.NullMarked;

/** Files for browsers, read from the class path. */
@NullMarked
package io.promptbeam.api.pages;

import org.jspecify.annotations.NullMarked;

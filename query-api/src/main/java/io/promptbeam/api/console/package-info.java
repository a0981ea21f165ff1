/** The console: pages for people who would rather look than read, made of files of this server. */
@NullMarked
package io.promptbeam.api.console;

import org.jspecify.annotations.NullMarked;

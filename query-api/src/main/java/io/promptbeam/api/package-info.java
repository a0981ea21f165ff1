/** The HTTP service: its configuration, its keys, and what starts and stops it. */
@NullMarked
package io.promptbeam.api;

import org.jspecify.annotations.NullMarked;

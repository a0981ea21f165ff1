/** Everything in one JVM: embedded servers and the command line. */
@NullMarked
package io.promptbeam.local;

import org.jspecify.annotations.NullMarked;

/** The bundled Bigtable emulator as a child process of this JVM. */
@NullMarked
package io.promptbeam.local.bigtable;

import org.jspecify.annotations.NullMarked;

/** What the tests of several modules share: faults to put between a client and its server. */
@NullMarked
package io.promptbeam.testing;

import org.jspecify.annotations.NullMarked;

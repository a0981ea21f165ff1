/** Where jobs are kept: the store interface, its row layout and its Bigtable implementation. */
@NullMarked
package io.promptbeam.store;

import org.jspecify.annotations.NullMarked;

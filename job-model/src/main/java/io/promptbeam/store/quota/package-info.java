/**
 * What all workers know of a quota together: one row of counters, heartbeats and what is agreed.
 */
@NullMarked
package io.promptbeam.store.quota;

import org.jspecify.annotations.NullMarked;

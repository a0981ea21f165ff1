/** What owners used and paid, a row per owner and day, and what is reserved of their budgets. */
@NullMarked
package io.promptbeam.store.usage;

import org.jspecify.annotations.NullMarked;

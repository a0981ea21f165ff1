/** What operators and their machines ask a process: its figures, and whether it lives. */
@NullMarked
package io.promptbeam.local.admin;

import org.jspecify.annotations.NullMarked;

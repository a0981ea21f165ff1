/** The contract of everything this server answers, and a page to look at it. */
@NullMarked
package io.promptbeam.api.contract;

import org.jspecify.annotations.NullMarked;

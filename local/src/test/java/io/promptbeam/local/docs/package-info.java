/** Holds the documents against what they tell of. */
@NullMarked
package io.promptbeam.local.docs;

import org.jspecify.annotations.NullMarked;

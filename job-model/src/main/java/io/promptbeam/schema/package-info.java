/** The JSON Schemas that answers can be held to. */
@NullMarked
package io.promptbeam.schema;

import org.jspecify.annotations.NullMarked;

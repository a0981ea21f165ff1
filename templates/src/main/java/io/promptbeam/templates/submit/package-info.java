/** The template that makes a batch of rows in files or BigQuery. */
@NullMarked
package io.promptbeam.templates.submit;

import org.jspecify.annotations.NullMarked;

/** Jobs and their answers as files or a BigQuery table: a batch pipeline. */
@NullMarked
package io.promptbeam.templates.export;

import org.jspecify.annotations.NullMarked;

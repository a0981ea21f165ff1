/** The models a job may name: models.yaml, its limits and prices. */
@NullMarked
package io.promptbeam.catalog;

import org.jspecify.annotations.NullMarked;

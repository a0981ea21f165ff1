/** The polling API: submit, poll, list, cancel and erase jobs. */
@NullMarked
package io.promptbeam.api.jobs;

import org.jspecify.annotations.NullMarked;

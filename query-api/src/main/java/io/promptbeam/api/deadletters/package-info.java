/** Dead letters over HTTP: what the pipeline could not read, looked at and sent back by admins. */
@NullMarked
package io.promptbeam.api.deadletters;

import org.jspecify.annotations.NullMarked;

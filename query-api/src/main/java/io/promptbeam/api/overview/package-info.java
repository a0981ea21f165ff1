/** What the service does right now: for admins the whole of it, for others what is theirs. */
@NullMarked
package io.promptbeam.api.overview;

import org.jspecify.annotations.NullMarked;

/** HTTP as the handlers see it: requests, answers, problems and routes, without a server. */
@NullMarked
package io.promptbeam.api.http;

import org.jspecify.annotations.NullMarked;

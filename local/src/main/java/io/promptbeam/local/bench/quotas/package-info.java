/** Measures how well several processes together use a quota, without ever exceeding it. */
@NullMarked
package io.promptbeam.local.bench.quotas;

import org.jspecify.annotations.NullMarked;

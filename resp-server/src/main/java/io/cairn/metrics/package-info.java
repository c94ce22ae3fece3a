/** Micrometer registry and the admin HTTP port. */
@NullMarked
package io.cairn.metrics;

import org.jspecify.annotations.NullMarked;

/** Faults, the order they strike in, and the gaps they leave. */
@NullMarked
package io.cairn.jepsen.nemesis;

import org.jspecify.annotations.NullMarked;

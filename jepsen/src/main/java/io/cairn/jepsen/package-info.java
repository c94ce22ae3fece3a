/** Fault tests against real processes. */
@NullMarked
package io.cairn.jepsen;

import org.jspecify.annotations.NullMarked;

/** Builds of Cairn with one bug planted, which the harness must catch: what it does not see in them it would miss for good. */
@NullMarked
package io.cairn.jepsen.mutant;

import org.jspecify.annotations.NullMarked;

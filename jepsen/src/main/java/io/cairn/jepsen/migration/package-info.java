/** Slots that move as a whole, under load and faults, and what the keys say afterwards. */
@NullMarked
package io.cairn.jepsen.migration;

import org.jspecify.annotations.NullMarked;

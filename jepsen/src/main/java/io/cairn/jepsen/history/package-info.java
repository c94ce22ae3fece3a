/** What clients did and were told, and what was done to the cluster meanwhile. */
@NullMarked
package io.cairn.jepsen.history;

import org.jspecify.annotations.NullMarked;

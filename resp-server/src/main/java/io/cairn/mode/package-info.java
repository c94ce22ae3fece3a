/** How a call becomes an effect: standalone or through Raft. */
@NullMarked
package io.cairn.mode;

import org.jspecify.annotations.NullMarked;

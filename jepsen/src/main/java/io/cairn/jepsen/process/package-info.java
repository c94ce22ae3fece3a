/** Real processes: starting, killing, pausing and wiping them, alone and as clusters. */
@NullMarked
package io.cairn.jepsen.process;

import org.jspecify.annotations.NullMarked;

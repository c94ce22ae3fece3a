/** The following end of replication as Redis does it: a node's link to its primary. */
@NullMarked
package io.cairn.replica;

import org.jspecify.annotations.NullMarked;

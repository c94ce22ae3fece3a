/** Raft groups over the log: the only importer of the Raft library. */
@NullMarked
package io.cairn.raft.group;

import org.jspecify.annotations.NullMarked;

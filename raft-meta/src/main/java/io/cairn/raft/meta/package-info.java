/** The meta group: slot map, shards, nodes. */
@NullMarked
package io.cairn.raft.meta;

import org.jspecify.annotations.NullMarked;

/** Shard groups: batched proposals, apply, linearizable reads, replacement of lost replicas. */
@NullMarked
package io.cairn.raft.shards;

import org.jspecify.annotations.NullMarked;

/** A cluster's way from gossip to raft and back, while it serves (SAFETY 19). */
@NullMarked
package io.cairn.cluster.rollout;

import org.jspecify.annotations.NullMarked;

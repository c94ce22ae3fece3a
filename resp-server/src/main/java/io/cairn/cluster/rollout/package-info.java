/** The way of a running cluster from gossip mode to raft mode and back (DESIGN 9, SAFETY 19): who does what, in which order. */
@org.jspecify.annotations.NullMarked
package io.cairn.cluster.rollout;

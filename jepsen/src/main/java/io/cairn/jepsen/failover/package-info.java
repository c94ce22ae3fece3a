/** The gap of a failover in gossip mode beside Redis Cluster's. */
@org.jspecify.annotations.NullMarked
package io.cairn.jepsen.failover;

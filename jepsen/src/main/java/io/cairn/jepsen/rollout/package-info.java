/** A cluster of gossip mode goes over to raft and back under load, without and with kills. */
@NullMarked
package io.cairn.jepsen.rollout;

import org.jspecify.annotations.NullMarked;

package io.cairn.cluster;

import io.cairn.gossip.GossipThreads;
import io.cairn.raft.group.RaftThreads;

/** Threads that the nodes of a process share: 27 nodes must not have 27 times the threads of one. */
public final class ClusterThreads implements AutoCloseable {
    private final GossipThreads gossip = new GossipThreads();
    private final RaftThreads raft = new RaftThreads();

    GossipThreads gossip() {
        return gossip;
    }

    RaftThreads raft() {
        return raft;
    }

    /** After the last node is closed. */
    @Override
    public void close() {
        gossip.close();
        raft.close();
    }
}

package io.cairn.cluster;

import io.cairn.gossip.GossipThreads;
import io.cairn.raft.group.RaftThreads;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Threads that the nodes of a process share: 27 nodes must not have 27 times the threads of one. */
public final class ClusterThreads implements AutoCloseable {
    private final GossipThreads gossip = new GossipThreads();
    private final RaftThreads raft = new RaftThreads();
    /** For messages of pub/sub between nodes: patterns take their time, so neither Raft's workers nor event loops do it. */
    private final ExecutorService messages = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "pubsub");
        thread.setDaemon(true);
        return thread;
    });

    GossipThreads gossip() {
        return gossip;
    }

    RaftThreads raft() {
        return raft;
    }

    ExecutorService messages() {
        return messages;
    }

    /** After the last node is closed. */
    @Override
    public void close() {
        gossip.close();
        raft.close();
        messages.shutdownNow();
    }
}

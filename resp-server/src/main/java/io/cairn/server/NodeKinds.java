package io.cairn.server;

import io.cairn.config.Config;
import io.cairn.config.Consensus;
import io.cairn.config.Keys;

/** Chooses what the nodes of a process are. */
public final class NodeKinds {
    private NodeKinds() {}

    /** @throws StartException when this version cannot be what the configuration asks for */
    public static NodeKind of(Config config) throws StartException {
        if (!config.get(Keys.CLUSTER_ENABLED)) {
            return new Standalone();
        }
        if (config.get(Keys.CLUSTER_CONSENSUS) == Consensus.RAFT) {
            return new RaftCluster(config);
        }
        return new GossipCluster(config);
    }
}

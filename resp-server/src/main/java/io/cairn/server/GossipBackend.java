package io.cairn.server;

import io.cairn.cluster.GossipClusterThreads;
import io.cairn.cluster.GossipNode;
import io.cairn.command.Release;
import io.cairn.command.ServerState;
import io.cairn.gossip.GossipException;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.io.IOException;

/** A node in gossip mode: a standalone node's data path, persistence and replication, and the cluster's say in what it serves and follows. */
final class GossipBackend extends StandaloneBackend {
    private final GossipNode node;
    private boolean servesAtStart = true;
    private boolean serves;

    GossipBackend(NodeParts parts, String process, GossipClusterThreads threads) throws StartException {
        super(parts);
        try {
            this.node = new GossipNode(new GossipNode.Parts(
                    parts.config(),
                    parts.directory().path(),
                    parts.directory().nodeId(),
                    process,
                    Release.VERSION,
                    parts.keyspace(),
                    parts.stats(),
                    parts.hub(),
                    parts.blocked(),
                    parts.connections(),
                    threads,
                    this::replicationRole,
                    () -> mode().movingKeys(),
                    this::follows,
                    failure -> parts.failure().fatal("the claims of gossip mode", failure)));
        } catch (IOException e) {
            throw new StartException(String.valueOf(e.getMessage()), e);
        }
        guard(node.guard());
        parts.changes().refuses(node::followersRefusal);
    }

    GossipNode node() {
        return node;
    }

    @Override
    public void load() throws StartException {
        try {
            load(node.wasReplica());
            node.load();
            node.start();
        } catch (IOException | GossipException e) {
            throw new StartException(String.valueOf(e.getMessage()), e);
        }
    }

    /** The data is its shard's: only what the cluster says is read. */
    void loadClaims() throws StartException {
        try {
            standalonePersistence().endUnopened();
            standalone().retire();
            node.load(true);
            node.rests();
            node.start();
        } catch (IOException | GossipException e) {
            throw new StartException(String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public void started(ServerState server) {
        super.started(server);
        if (servesAtStart) {
            serveNow();
        }
    }

    /** It follows whom the claims say; does nothing a second time. */
    synchronized void serveNow() {
        if (!serves) {
            serves = true;
            node.serve();
        }
    }

    /** Whom it follows is open until somebody says so. */
    void waitsAtStart() {
        servesAtStart = false;
    }

    @Override
    public boolean ready() {
        return node.ready();
    }

    @Override
    public void bindMetrics(MeterRegistry registry, Tags tags) {
        super.bindMetrics(registry, tags);
        node.bindMetrics(registry, tags);
    }

    @Override
    public void tick(long nowMillis) {
        super.tick(nowMillis);
        node.tick(nowMillis);
    }

    @Override
    public void close() {
        node.close();
        super.close();
    }
}

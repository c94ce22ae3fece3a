package io.cairn.raft.meta;

import io.cairn.raft.group.GroupStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last steps of a node that is forgotten (FORGET). Its shard's group has settled without it, and it votes in the meta
 * group no more; then it is told so, since nobody will speak to it later, and its id is removed for ever (SAFETY 5).
 * Cluster thread; the leader's side derives everything from the map.
 */
final class Removals {
    /** In {@code cluster.conf}: this node was told. */
    static final String GONE = "gone";

    /** How often a node that does not answer is told. */
    private static final int FAREWELLS = 3;

    private static final Logger LOG = LoggerFactory.getLogger(Removals.class);

    private final String selfId;
    private final GroupHost host;
    private final Function<MetaCommand, CompletableFuture<MetaResult>> propose;
    private final Map<String, Integer> told = new ConcurrentHashMap<>();
    private @Nullable CompletableFuture<?> running;

    Removals(String selfId, GroupHost host, Function<MetaCommand, CompletableFuture<MetaResult>> propose) {
        this.selfId = selfId;
        this.host = host;
        this.propose = propose;
    }

    /** One look, by the meta group's leader. It cannot remove itself: without a vote it soon leads no more. */
    void tick(ClusterMap map, GroupStatus status) {
        told.keySet().retainAll(map.departures().keySet());
        if ((running != null && !running.isDone()) || !status.isSettled()) {
            return;
        }
        for (Map.Entry<String, Departure> leaving : map.departures().entrySet()) {
            String nodeId = leaving.getKey();
            Departure way = leaving.getValue();
            boolean free = way.leavesCluster() && way.fromShard().isEmpty();
            if (free && !nodeId.equals(selfId) && !status.voters().contains(nodeId)) {
                finish(map, nodeId);
                return;
            }
        }
    }

    private void finish(ClusterMap map, String nodeId) {
        int times = told.merge(nodeId, 1, Integer::sum);
        if (times > FAREWELLS) {
            running = propose.apply(new MetaCommand.RemoveNode(nodeId));
            return;
        }
        byte[] farewell =
                new WireWriter().u8(1).text(nodeId).text(map.clusterId()).toBytes();
        running = host.send(nodeId, MessageTypes.FAREWELL, farewell).handle((answer, failure) -> {
            if (failure == null) {
                told.put(nodeId, FAREWELLS);
            } else {
                LOG.info("node {} is forgotten and was not told yet: {}", nodeId, failure.toString());
            }
            return answer;
        });
    }

    /** The node's own side; on the disk when this returns. */
    void farewell(byte[] payload, ClusterFile file) {
        WireReader in = new WireReader(payload);
        MetaCodec.requireVersion(in);
        if (!in.text().equals(selfId) || !in.text().equals(file.clusterId())) {
            throw new FormatException("this farewell is another node's");
        }
        try {
            file.markOpened(GONE);
            LOG.warn("this node, {}, was forgotten by its cluster: CLUSTER RESET makes it a new one", selfId);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

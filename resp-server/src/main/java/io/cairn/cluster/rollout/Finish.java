package io.cairn.cluster.rollout;

import io.cairn.cluster.rollout.RolloutPorts.Seen;
import io.cairn.gossip.claims.Picture;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.Rollout;
import io.cairn.raft.meta.Rollout.Consensus;
import io.cairn.raft.meta.SlotRange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The end: when all shards have changed and all nodes have switched, the meta group's leader says so, and each node lets go of what it no longer
 * needs. One thread.
 */
final class Finish {
    /** Pause between two rounds of questions. */
    static final long ASK_MILLIS = 500;

    private static final long ANSWER_MILLIS = 2_000;

    private final RolloutPorts ports;
    private final DataSwitch data;
    private Map<String, CompletableFuture<byte[]>> asked = Map.of();
    private @Nullable CompletableFuture<?> proposed;
    private long askedMillis = Long.MIN_VALUE / 2;
    private String unaware = "";
    private volatile String waitsFor = "";

    Finish(RolloutPorts ports, DataSwitch data) {
        this.ports = ports;
        this.data = data;
    }

    /** What the end waits for, empty for nothing. Any thread. */
    String waitsFor() {
        return waitsFor;
    }

    void tick(ClusterMap map, Rollout rollout, long now) {
        if (rollout.isDone()) {
            done(map, rollout, now);
            return;
        }
        boolean toRaft = rollout.target() == Consensus.RAFT;
        boolean all = rollout.attempt() == null
                && rollout.scope().isEmpty()
                && (toRaft ? allRaft(map) : map.shards().isEmpty());
        if (!all || !ports.leadsMeta()) {
            asked = Map.of();
            waitsFor = "";
            return;
        }
        if (!asked.isEmpty() && (isAnswered() || now - askedMillis >= ANSWER_MILLIS)) {
            waitsFor = lacking(map, toRaft);
            boolean free = proposed == null || proposed.isDone();
            if (waitsFor.isEmpty() && free) {
                proposed = ports.propose(toRaft ? new MetaCommand.AllRaft() : new MetaCommand.Dissolve());
            }
            asked = Map.of();
        } else if (asked.isEmpty() && now - askedMillis >= ASK_MILLIS) {
            askedMillis = now;
            asked = ask(map);
        }
    }

    /** Every slot that a claim has is a raft shard's. */
    private boolean allRaft(ClusterMap map) {
        Picture picture = ports.picture();
        if (picture == null || map.shards().isEmpty()) {
            return false;
        }
        for (int slot = 0; slot < SlotRange.SLOTS; slot++) {
            if (picture.owners()[slot] != null && map.owner(slot) == null) {
                return false;
            }
        }
        return true;
    }

    private boolean isAnswered() {
        return asked.values().stream().allMatch(CompletableFuture::isDone);
    }

    private Map<String, CompletableFuture<byte[]>> ask(ClusterMap map) {
        Map<String, CompletableFuture<byte[]>> all = new LinkedHashMap<>();
        byte[] question = new RolloutMessage.AskStatus().bytes();
        for (ClusterNode node : map.shownNodes()) {
            if (!node.id().equals(ports.selfId())) {
                all.put(node.id(), ports.ask(node.id(), question, ANSWER_MILLIS));
            }
        }
        if (all.isEmpty()) {
            all.put("", CompletableFuture.completedFuture(new byte[0]));
        }
        return all;
    }

    /** The nodes that have not switched, or do not say so. */
    private String lacking(ClusterMap map, boolean toRaft) {
        List<String> lacking = new ArrayList<>();
        for (ClusterNode node : map.shownNodes()) {
            CompletableFuture<byte[]> answer = asked.get(node.id());
            byte[] bytes = answer == null ? null : ShardChange.value(answer);
            boolean self = node.id().equals(ports.selfId());
            boolean there = self || bytes != null;
            boolean isRaft =
                    self ? data.isRaft() : bytes != null && NodeStatus.of(bytes).isRaft();
            boolean wanted = toRaft && map.shardOfNode(node.id()) != null;
            if (!there || isRaft != wanted) {
                lacking.add(node.id());
            }
        }
        return lacking.isEmpty() ? "" : "nodes that are down or have not switched yet: " + String.join(", ", lacking);
    }

    private void done(ClusterMap map, Rollout rollout, long now) {
        if (rollout.target() == Consensus.RAFT) {
            if (data.isRaft() || map.shardOfNode(ports.selfId()) == null) {
                ports.endClaims();
            }
            waitsFor = "";
            return;
        }
        if (!asked.isEmpty() && (isAnswered() || now - askedMillis >= ANSWER_MILLIS)) {
            unaware = unaware(map);
            if (unaware.isEmpty() && !data.isRaft()) {
                ports.leaveMeta();
            }
            asked = Map.of();
        } else if (asked.isEmpty() && now - askedMillis >= ASK_MILLIS) {
            askedMillis = now;
            asked = ask(map);
        }
        waitsFor = unaware;
    }

    /** The nodes that may not know of the end yet: without a majority of the group they never would. */
    private String unaware(ClusterMap map) {
        Map<String, Seen> seen = new HashMap<>();
        ports.nodes().forEach(node -> seen.put(node.node().id(), node));
        List<String> unaware = new ArrayList<>();
        for (Map.Entry<String, CompletableFuture<byte[]>> entry : asked.entrySet()) {
            // One that is not there has been forgotten, or is this one.
            Seen node = seen.get(entry.getKey());
            boolean left = node == null || (node.alive() && !node.clusterId().equals(ports.clusterId()));
            byte[] bytes = ShardChange.value(entry.getValue());
            if (!left && (bytes == null || NodeStatus.of(bytes).version() < map.version())) {
                unaware.add(entry.getKey());
            }
        }
        return unaware.isEmpty()
                ? ""
                : "nodes that are down or have not heard yet that the meta group ends: " + String.join(", ", unaware);
    }
}

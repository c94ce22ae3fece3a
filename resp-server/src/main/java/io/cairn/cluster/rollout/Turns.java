package io.cairn.cluster.rollout;

import io.cairn.cluster.rollout.RolloutPorts.Seen;
import io.cairn.gossip.claims.Picture;
import io.cairn.gossip.claims.SlotSet;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.Ids;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.MetaResult;
import io.cairn.raft.meta.Rollout;
import io.cairn.raft.meta.Rollout.Attempt;
import io.cairn.raft.meta.Rollout.Consensus;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.meta.SlotRange;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Whose shard is next: whoever's command the log takes. A primary whose attempt was aborted lets others go first. The meta group's leader aborts
 * attempts whose primary is gone. One thread.
 */
final class Turns {
    /** Pause between two tries to begin. */
    static final long PAUSE_MILLIS = 300;
    /** Pause after an attempt that was aborted; twice as long after each further one, */
    static final long AFTER_ABORT_MILLIS = 2_000;
    /** up to this: each may be a digest of all data at all members. */
    static final long LONGEST_PAUSE_MILLIS = 60_000;
    /** A primary that is dead for so long does not go on with its attempt. */
    static final long DEAD_MILLIS = 1_000;
    /** No attempt takes longer. */
    static final long ATTEMPT_MILLIS = ToRaft.DIGEST_MILLIS + 60_000;

    private static final long JOIN_MILLIS = 2_000;
    private static final int MAX_BEGUN = 64;
    /** The next shard waits so long for the one before to be served. */
    private static final long SETTLE_MILLIS = 3_000;

    private final RolloutPorts ports;
    private @Nullable CompletableFuture<?> asking;
    /** Shards whose attempts this node has proposed in this life, "back " before those that were to go back. */
    private final Set<String> begun = Collections.newSetFromMap(new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > MAX_BEGUN;
        }
    });

    private long nextMillis = Long.MIN_VALUE / 2;
    private long pauseMillis;
    private long settlesMillis = Long.MIN_VALUE / 2;
    private long watched;
    private long watchedMillis;
    private long aliveMillis;

    Turns(RolloutPorts ports) {
        this.ports = ports;
    }

    /** A node that can, but is in no meta group yet, comes into that of the others. */
    void join(ClusterMap map, long now) {
        if (!ports.clusterId().isEmpty() || map.isFormed() || !free(now)) {
            return;
        }
        nextMillis = now + JOIN_MILLIS;
        for (Seen seen : ports.nodes()) {
            if (!seen.node().id().equals(ports.selfId())
                    && seen.alive()
                    && !seen.clusterId().isEmpty()) {
                asking = ports.join(seen.node());
                return;
            }
        }
    }

    private boolean free(long now) {
        return (asking == null || asking.isDone()) && now >= nextMillis;
    }

    void ended(boolean aborted, long now) {
        pauseMillis = aborted ? Math.min(LONGEST_PAUSE_MILLIS, Math.max(AFTER_ABORT_MILLIS, 2 * pauseMillis)) : 0;
        nextMillis = now + pauseMillis;
    }

    /** Whether this node began it, in this life. */
    boolean began(Attempt attempt) {
        return begun.contains(attempt.target() == Consensus.RAFT ? attempt.shardId() : "back " + attempt.shardId());
    }

    /** Begins with this node's shard if that is to change. */
    void take(ClusterMap map, Rollout rollout, DataSwitch data, long now) {
        if (rollout.isDone() || !free(now) || settling(map, now)) {
            return;
        }
        MetaCommand begin = rollout.target() == Consensus.RAFT ? toRaft(map, rollout, data) : toGossip(map, rollout);
        if (begin != null) {
            nextMillis = now + PAUSE_MILLIS;
            begun.add(
                    begin instanceof MetaCommand.BeginAttempt attempt
                            ? attempt.shardId()
                            : "back " + ((MetaCommand.BeginReturn) begin).shardId());
            CompletableFuture<MetaResult> proposed = ports.propose(begin);
            asking = proposed;
        }
    }

    private @Nullable MetaCommand toRaft(ClusterMap map, Rollout rollout, DataSwitch data) {
        Picture picture = ports.picture();
        if (picture == null
                || data.isRaft()
                || data.sealed() != null
                || !picture.self().isPrimary()) {
            return null;
        }
        String self = ports.selfId();
        SlotSet slots = picture.slotsOf(self);
        if (slots.isEmpty() || map.shardOfNode(self) != null || !isWanted(rollout, slots)) {
            return null;
        }
        List<SlotRange> ranges = SlotRanges.of(slots);
        if (ranges.stream().anyMatch(range -> map.owner(range.first()) != null)) {
            // A raft shard's, which this node has yet to hear of, or frozen.
            return null;
        }
        List<String> members = new ArrayList<>(List.of(self));
        for (Picture.Node node : picture.nodes().values()) {
            String id = node.claim().id();
            if (node.claim().primaryId().equals(self)) {
                if (map.isForgotten(id)) {
                    // Not in the meta group yet.
                    return null;
                }
                members.add(id);
            }
        }
        return new MetaCommand.BeginAttempt(
                Ids.random(), self, members, ranges, picture.self().configEpoch());
    }

    /** The shard that changed last has no leader yet: two that settle at a time would wait for each other's disk. */
    private boolean settling(ClusterMap map, long now) {
        if (map.shards().stream().allMatch(ports::isServed)) {
            settlesMillis = now;
        }
        return now - settlesMillis < SETTLE_MILLIS && now != settlesMillis;
    }

    private static boolean isWanted(Rollout rollout, SlotSet slots) {
        return slots.bits().stream().anyMatch(rollout::wants);
    }

    private @Nullable MetaCommand toGossip(ClusterMap map, Rollout rollout) {
        Shard shard = map.shardOfNode(ports.selfId());
        if (shard == null || !ports.leads(shard.id()) || ports.picture() == null) {
            return null;
        }
        boolean wanted = map.slotsOf(shard.id()).stream().anyMatch(range -> rollout.wants(range.first()));
        boolean ready = ports.nodes().stream()
                .filter(seen -> shard.voters().contains(seen.node().id()))
                .allMatch(seen -> seen.alive() && seen.isCapable());
        return wanted && ready ? new MetaCommand.BeginReturn(shard.id(), ports.selfId()) : null;
    }

    /** On the meta group's leader: an attempt that nobody drives any more ends. */
    void watch(ClusterMap map, Rollout rollout, @Nullable ShardChange own, long now) {
        Attempt attempt = rollout.attempt();
        if (attempt == null || !ports.leadsMeta()) {
            watched = 0;
            return;
        }
        if (watched != attempt.number()) {
            watched = attempt.number();
            watchedMillis = now;
            aliveMillis = now;
        }
        boolean alive = own != null
                || ports.nodes().stream()
                        .anyMatch(seen -> seen.alive() && seen.node().id().equals(attempt.primaryId()));
        aliveMillis = alive ? now : aliveMillis;
        boolean dead = now - aliveMillis >= DEAD_MILLIS;
        if ((dead || now - watchedMillis >= ATTEMPT_MILLIS) && free(now)) {
            nextMillis = now + PAUSE_MILLIS;
            asking = ports.propose(new MetaCommand.AbortAttempt(
                    attempt.number(), dead ? "the shard's primary is gone" : "it has taken too long"));
        }
    }
}

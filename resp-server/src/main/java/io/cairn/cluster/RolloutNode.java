package io.cairn.cluster;

import io.cairn.cluster.rollout.DataSwitch;
import io.cairn.cluster.rollout.RolloutControl;
import io.cairn.cluster.rollout.RolloutPorts;
import io.cairn.cluster.rollout.Rollouts;
import io.cairn.command.Command;
import io.cairn.gossip.Gossip;
import io.cairn.gossip.Health;
import io.cairn.gossip.NodeInfo;
import io.cairn.gossip.Peer;
import io.cairn.gossip.claims.Claim;
import io.cairn.gossip.claims.Picture;
import io.cairn.gossip.claims.Promise;
import io.cairn.gossip.claims.SlotSet;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.Layout;
import io.cairn.raft.meta.MessageTypes;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.MetaGroup;
import io.cairn.raft.meta.MetaResult;
import io.cairn.raft.meta.NodeState;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.shards.ShardGroup;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A node that can go from gossip to raft mode and back: its two parts, the view that shows both, and the driver with its thread {@code rollout-<port>}. */
public final class RolloutNode implements AutoCloseable {
    private static final long TICK_MILLIS = 50;

    private final GossipNode gossip;
    private final RaftNode raft;
    private final Rollouts rollouts;
    private final RolloutControl control;
    private final ScheduledExecutorService thread;
    private final Consumer<Throwable> fatal;

    /**
     * @param data the node's data path
     * @param fatal ends the process
     */
    public RolloutNode(GossipNode gossip, RaftNode raft, DataSwitch data, Consumer<Throwable> fatal) {
        this.gossip = gossip;
        this.raft = raft;
        this.fatal = fatal;
        int port = raft.runtime().topology().self().port();
        this.thread = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread made = new Thread(task, "rollout-" + port);
            made.setDaemon(true);
            return made;
        });
        Ports ports = new Ports();
        this.rollouts = new Rollouts(ports, data, ClaimsRunner::now, task -> thread.execute(() -> guarded(task)));
        this.control = new RolloutControl(ports, rollouts);
        MixedView both = new MixedView(gossip.view(), raft.view(), meta()::map, raft.redirects(), ports::picture);
        gossip.show(both);
        raft.show(both);
    }

    /** The commands of such a node; {@code node} is asked at each call. */
    public static List<Command> commands(Supplier<RolloutNode> node) {
        return new ConsensusCommands(() -> node.get().control).table();
    }

    private MetaGroup meta() {
        return raft.runtime().member().meta();
    }

    /** The node's parts have started. */
    public void start() {
        raft.runtime().host().handle(MessageTypes.ROLLOUT, false, (from, payload) -> rollouts.answer(payload));
        meta().onChange(map -> rollouts.wake());
        thread.scheduleWithFixedDelay(() -> guarded(rollouts::tick), TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            // A bug: what it may have left half done is finished by the next start.
            fatal.accept(e);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }

    private final class Ports implements RolloutPorts {
        @Override
        public String selfId() {
            return raft.runtime().topology().self().id();
        }

        @Override
        public @Nullable Picture picture() {
            return gossip.claims().isEnded() ? null : gossip.claims().picture();
        }

        @Override
        public List<Seen> nodes() {
            Gossip running = gossip.gossip();
            Map<String, Peer> byBus = new HashMap<>();
            if (running != null) {
                running.members()
                        .forEach(peer ->
                                byBus.put(peer.info().host() + ":" + peer.info().busPort(), peer));
            }
            List<Seen> seen = new ArrayList<>();
            Picture picture = picture();
            if (picture == null) {
                for (ClusterNode node : map().shownNodes()) {
                    seen.add(seen(node, byBus.get(node.host() + ":" + node.busPort())));
                }
                return seen;
            }
            for (Picture.Node node : picture.nodes().values()) {
                Claim claim = node.claim();
                ClusterNode known = new ClusterNode(
                        claim.id(),
                        claim.place().host(),
                        claim.place().port(),
                        claim.place().busPort(),
                        0,
                        claim.place().hostname(),
                        "",
                        NodeState.ACTIVE);
                seen.add(seen(known, byBus.get(claim.place().bus())));
            }
            return seen;
        }

        private Seen seen(ClusterNode known, @Nullable Peer peer) {
            if (peer == null) {
                return new Seen(known, "", "", false, "it is down");
            }
            NodeInfo info = peer.info();
            ClusterNode node = new ClusterNode(
                    known.id(),
                    known.host(),
                    known.port(),
                    known.busPort(),
                    info.raftPort(),
                    known.hostname(),
                    info.failureDomain(),
                    NodeState.ACTIVE);
            boolean alive = peer.health() != Health.DEAD;
            String reason = "";
            if (!alive) {
                reason = "it is down";
            } else if (info.raftPort() == 0) {
                reason = "it was not started with cluster-consensus raft";
            } else if (!info.nodeId().equals(known.id())) {
                reason = "its id was changed by CLUSTER RESET HARD";
            }
            return new Seen(node, info.version(), info.clusterId(), alive, reason);
        }

        @Override
        public ClusterMap map() {
            return meta().map();
        }

        @Override
        public String clusterId() {
            return meta().clusterId();
        }

        @Override
        public boolean leadsMeta() {
            return meta().isLeader();
        }

        @Override
        public String primaryOf(Shard shard) {
            return raft.runtime().topology().printedPrimary(shard);
        }

        @Override
        public boolean leads(String shardId) {
            ShardGroup shard = raft.runtime().member().shard();
            return shard != null && shard.shardId().equals(shardId) && shard.isServing();
        }

        @Override
        public CompletableFuture<MetaResult> propose(MetaCommand command) {
            return meta().propose(command);
        }

        @Override
        public CompletableFuture<@Nullable Void> form(Layout layout) {
            return meta().form(layout);
        }

        @Override
        public CompletableFuture<@Nullable Void> awaitMap(Predicate<ClusterMap> condition) {
            return meta().await(condition);
        }

        @Override
        public CompletableFuture<String> join(ClusterNode member) {
            return meta().meet(member);
        }

        @Override
        public CompletableFuture<String> promise(Promise promise) {
            return gossip.claims().promise(promise);
        }

        @Override
        public void settle(Predicate<Promise> over, List<Promise> frozen) {
            gossip.claims().settle(over, frozen);
        }

        @Override
        public void resume(String primaryId, SlotSet slots, long configEpoch) {
            gossip.claims().resume(primaryId, slots, configEpoch);
        }

        @Override
        public CompletableFuture<byte[]> ask(String nodeId, byte[] question, long withinMillis) {
            try {
                return raft.runtime()
                        .host()
                        .send(nodeId, MessageTypes.ROLLOUT, question)
                        .orTimeout(withinMillis, TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                return CompletableFuture.failedFuture(e);
            }
        }

        @Override
        public void endClaims() {
            if (!gossip.claims().isEnded()) {
                gossip.claims().end();
            }
        }

        @Override
        public void beginClaims() {
            // They run until all shards are raft's.
        }

        @Override
        public void leaveMeta() {
            // Until the restart with cluster-consensus gossip the meta replica stays.
        }
    }
}

package io.cairn.cluster;

import io.cairn.cluster.rollout.DataSwitch;
import io.cairn.cluster.rollout.RolloutControl;
import io.cairn.cluster.rollout.Rollouts;
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
import io.cairn.raft.meta.Rollout;
import io.cairn.raft.meta.Rollout.Consensus;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.shards.LeaderTable;
import io.cairn.raft.shards.ShardGroup;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node that can go from gossip to raft mode and back: its two parts, the view that shows both, and the driver with its thread {@code rollout-<port>}. */
public final class RolloutNode implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RolloutNode.class);
    private static final long TICK_MILLIS = 50;
    private static final long LEAVE_SECONDS = 5;

    private final GossipNode gossip;
    private final RaftNode raft;
    private final DataSwitch data;
    private final Rollouts rollouts;
    private final ScheduledExecutorService thread;
    private final Consumer<Throwable> fatal;
    private final AtomicBoolean leaving = new AtomicBoolean();

    /**
     * @param data the node's data path
     * @param fatal ends the process
     */
    public RolloutNode(GossipNode gossip, RaftNode raft, DataSwitch data, Consumer<Throwable> fatal) {
        this.gossip = gossip;
        this.raft = raft;
        this.data = data;
        this.fatal = fatal;
        int port = raft.runtime().topology().self().port();
        this.thread = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread made = new Thread(task, "rollout-" + port);
            made.setDaemon(true);
            return made;
        });
        Ports ports = new Ports();
        this.rollouts = new Rollouts(ports, data, ClaimsRunner::now, task -> thread.execute(() -> guarded(task)));
        MixedView both = new MixedView(gossip.view(), raft.view(), meta()::map, raft.redirects(), ports::picture);
        RolloutControl control = new RolloutControl(ports, rollouts);
        gossip.show(both, control);
        raft.show(both, control);
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

    /** Ends the driver. A meta group that is dissolved is left now: whoever stops a node then may start it in gossip mode. */
    @Override
    public void close() {
        thread.shutdownNow();
        Rollout rollout = Rollout.of(meta().map());
        if (rollout == null || !rollout.isDone() || rollout.target() == Consensus.RAFT || data.isRaft()) {
            return;
        }
        try {
            String error = meta().dissolve().get(LEAVE_SECONDS, TimeUnit.SECONDS);
            if (!error.isEmpty()) {
                LOG.warn("the meta group, which is dissolved, was not left: {}", error);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("the meta group, which is dissolved, was not left", e);
        }
    }

    private final class Ports extends ShownNodes {
        Ports() {
            super(gossip::gossip);
        }

        @Override
        public String selfId() {
            return raft.runtime().topology().self().id();
        }

        @Override
        public @Nullable Picture picture() {
            return gossip.claims().isEnded() ? null : gossip.claims().picture();
        }

        @Override
        public ClusterMap map() {
            return meta().map();
        }

        @Override
        public CompletableFuture<ClusterMap> current() {
            return meta().current();
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
            return leaving.get() ? CompletableFuture.completedFuture("it has left a cluster") : meta().meet(member);
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
        public boolean isServed(Shard shard) {
            LeaderTable.Leader leader = raft.runtime().leaders().leader(shard.id());
            // Term 1 is the claim that came with the commit.
            return leader != null && leader.term() > 1;
        }

        @Override
        public void beginClaims() {
            ClusterMap map = map();
            Rollout rollout = Rollout.of(map);
            if (gossip.claims().isEnded() && rollout != null) {
                gossip.claims().begin(FrozenClaims.of(map, rollout, clusterId(), selfId()));
            }
        }

        @Override
        public void leaveMeta() {
            if (leaving.compareAndSet(false, true)) {
                meta().dissolve().thenAccept(error -> {
                    if (!error.isEmpty()) {
                        LOG.warn("the meta group cannot be left yet: {}", error);
                        leaving.set(false);
                    }
                });
            }
        }
    }
}

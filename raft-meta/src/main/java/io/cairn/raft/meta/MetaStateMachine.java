package io.cairn.raft.meta;

import io.cairn.raft.group.Proposal;
import io.cairn.raft.group.StateMachine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The replicated cluster map. */
final class MetaStateMachine implements StateMachine {
    /** The map in a snapshot's directory. */
    static final String SNAPSHOT_FILE = "cluster.map";

    private static final Logger LOG = LoggerFactory.getLogger(MetaStateMachine.class);

    private final Executor later;
    private final Consumer<Throwable> onBroken;
    private final List<Consumer<ClusterMap>> listeners = new CopyOnWriteArrayList<>();
    private final List<Waiter> waiters = new CopyOnWriteArrayList<>();
    private volatile ClusterMap map = ClusterMap.EMPTY;

    private record Waiter(Predicate<ClusterMap> condition, CompletableFuture<@Nullable Void> done) {}

    /**
     * @param later completes who waits
     * @param onBroken told when the replica cannot go on
     */
    MetaStateMachine(Executor later, Consumer<Throwable> onBroken) {
        this.later = later;
        this.onBroken = onBroken;
    }

    /** This node's replica is one of another group from here on; the old one is stopped. */
    void reset() {
        become(ClusterMap.EMPTY);
    }

    /** Completes on whatever thread once the map is as asked; whoever gives up completes it himself. */
    CompletableFuture<@Nullable Void> await(Predicate<ClusterMap> condition) {
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        Waiter waiter = new Waiter(condition, done);
        waiters.add(waiter);
        done.whenComplete((ok, failure) -> waiters.remove(waiter));
        if (condition.test(map)) {
            done.complete(null);
        }
        return done;
    }

    ClusterMap map() {
        return map;
    }

    void onChange(Consumer<ClusterMap> listener) {
        listeners.add(listener);
        listener.accept(map);
    }

    @Override
    public void apply(long index, long term, ByteBuffer data, @Nullable Proposal local) {
        MetaCommand command = MetaCodec.decode(data);
        MetaApply.Applied applied = MetaApply.apply(map, command, index);
        become(applied.map());
        if (local instanceof MetaProposal proposal) {
            proposal.result.complete(applied.result());
        }
        LOG.info("meta {} term {}: {} -> {}", index, term, describe(command), describe(applied.result()));
    }

    @Override
    public void saveSnapshot(Path dir, long index, SnapshotDone done) {
        done.done(write(dir, MapCodec.encode(map)));
    }

    /** It is small, and forced to the disk with the rest of the snapshot. */
    private static @Nullable Throwable write(Path dir, byte[] bytes) {
        if (bytes.length > DurableFile.MAX_BYTES) {
            return new IOException("the map has " + bytes.length + " bytes");
        }
        try {
            Files.write(dir.resolve(SNAPSHOT_FILE), DurableFile.framed(bytes));
            return null;
        } catch (IOException e) {
            return e;
        }
    }

    @Override
    public boolean loadSnapshot(Path dir) {
        try {
            become(MapCodec.decode(DurableFile.read(dir.resolve(SNAPSHOT_FILE))));
            return true;
        } catch (IOException | FormatException e) {
            LOG.error("meta snapshot in {} is unusable", dir, e);
            return false;
        }
    }

    @Override
    public void leaderStart(long term) {
        LOG.info("this node leads the meta group from term {} on", term);
    }

    @Override
    public void leaderStop() {
        LOG.info("this node no longer leads the meta group");
    }

    @Override
    public void leaderChanged(@Nullable String nodeId, long term) {
        LOG.info("the meta group's leader is {} in term {}", nodeId, term);
    }

    @Override
    public void membersCommitted(Collection<String> voters, Collection<String> learners, long index) {
        LOG.info("meta {}: voters {} learners {}", index, voters, learners);
    }

    @Override
    public void broken(Throwable cause) {
        onBroken.accept(cause);
    }

    private void become(ClusterMap next) {
        map = next;
        for (Consumer<ClusterMap> listener : listeners) {
            listener.accept(next);
        }
        for (Waiter waiter : waiters) {
            if (waiter.condition().test(next)) {
                waiter.done().completeAsync(() -> null, later);
            }
        }
    }

    private static String describe(MetaCommand command) {
        return command instanceof MetaCommand.Form form
                ? "Form " + form.layout().clusterId() + ", "
                        + form.layout().nodes().size() + " nodes, "
                        + form.layout().shards().size() + " shards"
                : command.toString();
    }

    private static String describe(MetaResult result) {
        return result.isApplied() ? "applied" : "refused, " + result.reason();
    }
}

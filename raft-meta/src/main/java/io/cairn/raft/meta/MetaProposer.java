package io.cairn.raft.meta;

import io.cairn.raft.group.RaftGroup;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Carries commands to the meta group's leader. A command is sent again only while every earlier try was surely not
 * taken; whoever gets "unknown" may propose again later, for commands are idempotent. A node that is asked and does not
 * lead says so and never forwards, so a command cannot go round in circles. Any thread.
 */
final class MetaProposer {
    /** Tries of one command. */
    static final int ATTEMPTS = 20;

    /** Pause between tries. */
    static final int RETRY_MILLIS = 100;

    private final String selfId;
    private final GroupHost host;
    private final ScheduledExecutorService timer;
    private final Supplier<@Nullable RaftGroup> group;
    private final Supplier<List<String>> others;
    private final Gate gate;
    private final IntSupplier activeFormat;

    /** Runs what proposes here, or returns false and does not. */
    interface Gate {
        boolean pass(Runnable propose);
    }

    /**
     * @param group this node's replica, null before there is one
     * @param others nodes that may know the leader, for when this replica does not
     * @param gate closed while this replica's log takes nothing more
     * @param activeFormat the cluster's active version as this replica has applied it
     */
    MetaProposer(
            String selfId,
            GroupHost host,
            ScheduledExecutorService timer,
            Supplier<@Nullable RaftGroup> group,
            Supplier<List<String>> others,
            Gate gate,
            IntSupplier activeFormat) {
        this.selfId = selfId;
        this.host = host;
        this.timer = timer;
        this.group = group;
        this.others = others;
        this.gate = gate;
        this.activeFormat = activeFormat;
    }

    CompletableFuture<MetaResult> propose(MetaCommand command) {
        CompletableFuture<MetaResult> result = new CompletableFuture<>();
        attempt(MetaCodec.encode(command), ClusterFormat.of(command), 1, result);
        return result;
    }

    /** Answers another node's command: proposes it if this node leads. */
    CompletableFuture<byte[]> answer(byte[] payload) {
        MetaCodec.decode(ByteBuffer.wrap(payload));
        RaftGroup local = group.get();
        if (local == null || !local.isLeader()) {
            return CompletableFuture.completedFuture(
                    MetaCodec.encode(MetaResult.notTaken("not the meta group's leader")));
        }
        return proposeHere(local, payload).thenApply(MetaCodec::encode);
    }

    private CompletableFuture<MetaResult> proposeHere(RaftGroup local, byte[] command) {
        MetaProposal proposal = new MetaProposal();
        boolean proposed = gate.pass(() -> local.propose(ByteBuffer.wrap(command), proposal));
        // Who proposed waits for its own node's map, and shards for theirs.
        proposal.result.thenRun(local::tellCommitted);
        return proposed
                ? proposal.result
                : CompletableFuture.completedFuture(MetaResult.notTaken("this node joins another cluster"));
    }

    private void attempt(byte[] command, int format, int attempt, CompletableFuture<MetaResult> result) {
        once(command, format, attempt).whenComplete((answer, failure) -> {
            MetaResult outcome =
                    answer != null ? answer : MetaResult.unknown("no answer from the meta group's leader: " + failure);
            if (outcome.outcome() != MetaResult.Outcome.NOT_TAKEN || attempt == ATTEMPTS) {
                result.complete(outcome);
                return;
            }
            try {
                timer.schedule(
                        () -> attempt(command, format, attempt + 1, result), RETRY_MILLIS, TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                result.complete(MetaResult.notTaken("the node stops"));
            }
        });
    }

    private CompletableFuture<MetaResult> once(byte[] command, int format, int attempt) {
        RaftGroup local = group.get();
        if (local == null) {
            return CompletableFuture.completedFuture(MetaResult.notTaken("this node is in no cluster"));
        }
        int active = activeFormat.getAsInt();
        if (format > active) {
            return CompletableFuture.completedFuture(MetaResult.notTaken("this needs version " + format
                    + " of the cluster, whose active version is " + active + ": a node of it is older or has not said"
                    + " what it can"));
        }
        if (local.isLeader()) {
            return proposeHere(local, command);
        }
        String target = target(local, attempt);
        if (target == null) {
            return CompletableFuture.completedFuture(MetaResult.notTaken("the meta group has no leader"));
        }
        return host.send(target, MessageTypes.META_PROPOSE, command).thenApply(MetaCodec::decodeResult);
    }

    /** The leader; without one, at every other try, someone who may know better: it may be us whom nobody can reach. */
    private @Nullable String target(RaftGroup local, int attempt) {
        String leader = local.leader();
        if (leader != null && !leader.equals(selfId)) {
            return leader;
        }
        List<String> candidates = new ArrayList<>(others.get());
        candidates.remove(selfId);
        return attempt % 2 != 0 || candidates.isEmpty() ? null : candidates.get(attempt / 2 % candidates.size());
    }
}

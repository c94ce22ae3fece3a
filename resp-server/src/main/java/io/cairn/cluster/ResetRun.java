package io.cairn.cluster;

import io.cairn.command.Args;
import io.cairn.command.Reply;
import io.cairn.command.ServerState;
import io.cairn.command.SessionCall;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.MetaGroup;
import io.cairn.raft.shards.ShardGroup;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * CLUSTER RESET. A node that no group counts on comes back with nothing under a new id: a removed id is never used again
 * (SAFETY 5). So SOFT and HARD differ only where there is nothing to give up. The last node of a cluster waits until those
 * that were forgotten are gone: nobody else could tell them. Any thread.
 */
final class ResetRun {
    private static final int POLL_MILLIS = 50;

    /** Beyond the begin of the end of the node; it takes the hold with it. */
    private static final int HOLD_MILLIS = 10_000;

    private final Supplier<ClusterRuntime> runtime;
    private final ServerState server;
    private final SessionCall.Later later;
    private final long sinceNanos = System.nanoTime();

    private ResetRun(Supplier<ClusterRuntime> runtime, ServerState server, SessionCall.Later later) {
        this.runtime = runtime;
        this.server = server;
        this.later = later;
    }

    static void run(Supplier<ClusterRuntime> runtime, SessionCall call) {
        Args args = call.args();
        boolean hard = args.count() == 3 && args.is(2, "hard");
        if (args.count() > 3 || (args.count() == 3 && !hard && !args.is(2, "soft"))) {
            call.reply().error("ERR syntax error");
            return;
        }
        MetaGroup meta = runtime.get().member().meta();
        if (meta.isJoining()) {
            call.reply().error("ERR this node is about to join a cluster: " + meta.joiningText());
            return;
        }
        if (meta.clusterId().isEmpty()) {
            if (hard) {
                new ResetRun(runtime, call.server(), call.later()).begin();
            } else {
                call.reply().ok();
            }
            return;
        }
        new ResetRun(runtime, call.server(), call.later()).look();
    }

    private MetaGroup meta() {
        return runtime.get().member().meta();
    }

    private String selfId() {
        return runtime.get().topology().self().id();
    }

    /** A node that was just forgotten may not have heard of it; one that all groups have let go cannot ask any more. */
    private void look() {
        if (meta().isGone()) {
            begin();
            return;
        }
        meta().current().whenComplete((map, failure) -> {
            if (meta().isGone()) {
                begin();
            } else if (map == null) {
                decide(meta().map(), false);
            } else {
                decide(map, true);
            }
        });
    }

    /** @param current whether the map is known to have all that was committed */
    private void decide(ClusterMap map, boolean current) {
        boolean last = map.isFormed() && map.shownNodes().size() == 1;
        if (map.isForgotten(selfId()) && map.isFormed()) {
            again("the cluster has not let this node go yet: try again");
        } else if (last && !current) {
            again("the meta group does not answer, so other nodes may have come meanwhile: try again");
        } else if (last && (map.activeNodes().size() > 1 || !map.departures().isEmpty())) {
            again("the cluster has not let all forgotten nodes go yet: try again");
        } else if (last) {
            alone(map);
        } else {
            fail("this node is a member of its cluster: send CLUSTER FORGET " + selfId() + " to another one first");
        }
    }

    /** Whoever came into this cluster from now on would find nobody in it. */
    private void alone(ClusterMap map) {
        meta().suspend().whenComplete((alone, failure) -> {
            if (failure != null || !alone) {
                again("another node may be about to join this one's cluster: try again");
            } else {
                ifEmpty(map);
            }
        });
    }

    /** Its data is what the shard's log says, all of it, and nothing is acknowledged after the look. */
    private void ifEmpty(ClusterMap map) {
        ShardGroup shard = runtime.get().member().shard();
        if (shard == null && map.shardOfNode(selfId()) == null) {
            if (!begin()) {
                meta().resume();
            }
            return;
        }
        if (shard == null || !shard.isServing()) {
            meta().resume();
            again("this node's shard does not serve yet, so it is not known whether it has keys: try again");
            return;
        }
        String id = "reset-" + sinceNanos;
        shard.holdWrites(id, HOLD_MILLIS).whenComplete((term, failure) -> {
            boolean full = server.keyspace().database(0).size() != 0;
            if (failure != null) {
                again("writes cannot be held: " + AdminRun.reason(failure));
            } else if (full) {
                fail("CLUSTER RESET can't be called with master nodes containing keys");
            } else if (begin()) {
                return;
            }
            shard.releaseWrites(id);
            meta().resume();
        });
    }

    private boolean begin() {
        try {
            server.reset();
            later.complete(Reply::ok);
            return true;
        } catch (IOException e) {
            fail("the reset could not be written down: " + e.getMessage());
            return false;
        }
    }

    /** Looks again, or gives up with the reason after {@link MetaGroup#CLOSE_MILLIS}. */
    private void again(String reason) {
        if (System.nanoTime() - sinceNanos > TimeUnit.MILLISECONDS.toNanos(MetaGroup.CLOSE_MILLIS)) {
            fail(reason);
        } else {
            CompletableFuture.delayedExecutor(POLL_MILLIS, TimeUnit.MILLISECONDS)
                    .execute(this::look);
        }
    }

    private void fail(String reason) {
        later.complete(reply -> reply.error("ERR " + reason));
    }
}

package io.cairn.cluster;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.SessionCall;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.shards.LeaderBalance;
import io.cairn.raft.shards.ShardGroup;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** CAIRN BALANCE and TRANSFER: what {@code cairn cluster balance-leaders} sends; Redis has no such commands. */
final class LeaderCommands {
    private static final String ADMIN = "admin noscript stale @admin @slow @dangerous";

    private final Supplier<ClusterRuntime> runtime;

    private final Supplier<LocalShard> local;

    /** @param runtime asked at each call: the table of commands is made before the node's parts */
    LeaderCommands(Supplier<ClusterRuntime> runtime, Supplier<LocalShard> local) {
        this.runtime = runtime;
        this.local = local;
    }

    /** CLUSTER FAILOVER: leader transfer to this node. FORCE and TAKEOVER act without a quorum, which raft mode does not do. */
    private void failover(SessionCall call) {
        Topology topology = runtime.get().topology();
        Args args = call.args();
        if (args.count() > 2) {
            boolean known = args.count() == 3 && (args.is(2, "force") || args.is(2, "takeover"));
            call.reply()
                    .error(
                            known
                                    ? "ERR in raft mode a failover needs the shard's quorum: use CLUSTER FAILOVER alone"
                                    : "ERR syntax error");
            return;
        }
        Shard mine = topology.map().shardOfNode(topology.self().id());
        if (mine == null) {
            call.reply().error("ERR Replica is not configured: this node belongs to no shard");
            return;
        }
        if (topology.printedPrimary(mine).equals(topology.self().id())) {
            call.reply().error("ERR You should send CLUSTER FAILOVER to a replica");
            return;
        }
        if (topology.map().isReader(topology.self().id())) {
            call.reply()
                    .error("ERR this replica has no vote (cluster-replica-no-failover yes): it cannot become primary");
            return;
        }
        SessionCall.Later later = call.later();
        local.get()
                .takeLeadership(error -> later.complete(reply -> {
                    if (error == null) {
                        reply.ok();
                    } else {
                        reply.error(error);
                    }
                }));
    }

    List<Command> table() {
        return List.of(
                Command.session(
                        "cluster|failover", -2, "no_async_loading admin stale @admin @dangerous @slow", this::failover),
                Command.session("cairn|balance", 2, "stale @slow", this::balance),
                Command.session("cairn|transfer", 3, ADMIN, this::transfer));
    }

    /**
     * CAIRN BALANCE: the next move that spreads leaders over failure domains, as {@code [shard, leader's host:port, heir's
     * host:port, heir's node id]}, or nil when they are spread.
     */
    private void balance(SessionCall call) {
        Topology topology = runtime.get().topology();
        LeaderBalance.Move move = LeaderBalance.next(
                topology.map().shards(),
                shardId -> {
                    var shard = topology.map().shard(shardId);
                    ClusterNode primary = shard == null ? null : topology.primary(shard);
                    return primary == null ? null : primary.id();
                },
                this::domain,
                id -> id.equals(topology.self().id()) || topology.health().alive(id));
        ClusterNode from = move == null ? null : topology.map().node(move.from());
        ClusterNode to = move == null ? null : topology.map().node(move.to());
        if (move == null || from == null || to == null) {
            call.reply().nilArray();
            return;
        }
        call.reply().array(4);
        call.reply().bulk(move.shardId());
        call.reply().bulk(from.host() + ":" + from.port());
        call.reply().bulk(to.host() + ":" + to.port());
        call.reply().bulk(to.id());
    }

    private @Nullable String domain(String nodeId) {
        ClusterNode node = runtime.get().topology().map().node(nodeId);
        return node == null || !node.isActive() ? null : node.domain();
    }

    /** CAIRN TRANSFER node-id: this primary hands its shard to a voter, unless another voter lags. */
    private void transfer(SessionCall call) {
        ShardGroup shard = runtime.get().member().shard();
        if (shard == null || !shard.isServing()) {
            call.reply().error("ERR This node is no primary");
            return;
        }
        if (!LeaderBalance.othersKeepUp(
                shard.status(), runtime.get().topology().self().id())) {
            call.reply().error("ERR A voter of the shard lags: its primary stays");
            return;
        }
        SessionCall.Later later = call.later();
        shard.transferLeadership(call.args().text(2))
                .whenComplete((done, failure) -> later.complete(reply -> {
                    if (failure == null) {
                        reply.ok();
                    } else {
                        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
                        reply.error("ERR leadership was not handed over: " + cause.getMessage());
                    }
                }));
    }
}

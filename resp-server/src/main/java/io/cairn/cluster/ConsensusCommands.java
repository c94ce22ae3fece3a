package io.cairn.cluster;

import io.cairn.cluster.rollout.RolloutControl;
import io.cairn.cluster.rollout.RolloutControl.ShardStatus;
import io.cairn.cluster.rollout.RolloutControl.Status;
import io.cairn.cluster.rollout.RolloutPorts.Seen;
import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.Reply;
import io.cairn.command.SessionCall;
import io.cairn.raft.meta.Rollout.Consensus;
import java.util.List;
import java.util.function.Supplier;

/** CLUSTER CONSENSUS: a cluster's way from gossip to raft mode and back, for operators. */
final class ConsensusCommands {
    private static final String SYNTAX = "ERR syntax error";

    private final Supplier<RolloutControl> control;

    ConsensusCommands(Supplier<RolloutControl> control) {
        this.control = control;
    }

    List<Command> table() {
        return List.of(Command.session(
                "cluster|consensus", -3, "no_async_loading admin stale @admin @dangerous @slow", this::run));
    }

    private void run(SessionCall call) {
        Args args = call.args();
        if (args.is(2, "status") && args.count() == 3) {
            SessionCall.Later later = call.later();
            control.get()
                    .status()
                    .whenComplete((status, failure) -> later.complete(reply -> {
                        if (failure == null) {
                            write(reply, status);
                        } else {
                            reply.error("ERR " + AdminRun.reason(failure));
                        }
                    }));
            return;
        }
        Consensus target = args.is(2, "raft") ? Consensus.RAFT : Consensus.GOSSIP;
        if (!args.is(2, "raft") && !args.is(2, "gossip")) {
            call.reply().error(SYNTAX);
            return;
        }
        String shard = "";
        boolean dryRun = false;
        for (int i = 3; i < args.count(); i++) {
            if (args.is(i, "shard") && i + 1 < args.count() && shard.isEmpty()) {
                i++;
                shard = args.text(i);
            } else if (args.is(i, "dryrun") && !dryRun) {
                dryRun = true;
            } else {
                call.reply().error(SYNTAX);
                return;
            }
        }
        if (dryRun) {
            List<String> lines = control.get().dryRun(target, shard);
            call.reply().array(lines.size());
            lines.forEach(call.reply()::bulk);
            return;
        }
        SessionCall.Later later = call.later();
        control.get()
                .begin(target, shard)
                .whenComplete((error, failure) -> later.complete(reply -> {
                    if (failure != null) {
                        reply.error("ERR " + AdminRun.reason(failure));
                    } else if (!error.isEmpty()) {
                        reply.error(error);
                    } else {
                        reply.ok();
                    }
                }));
    }

    private static void write(Reply reply, Status status) {
        reply.map(6);
        text(reply, "consensus", status.consensus());
        text(reply, "target", status.target());
        text(reply, "step", status.step());
        reply.bulk("nodes");
        reply.array(status.nodes().size());
        for (Seen node : status.nodes()) {
            reply.map(5);
            text(reply, "id", node.node().id());
            text(reply, "address", node.node().host() + ":" + node.node().port());
            text(reply, "version", node.version());
            text(reply, "capable", node.isCapable() ? "yes" : "no");
            text(reply, "reason", node.reason());
        }
        reply.bulk("shards");
        reply.array(status.shards().size());
        for (ShardStatus shard : status.shards()) {
            reply.map(8);
            text(reply, "id", shard.id());
            text(reply, "consensus", shard.consensus() == Consensus.RAFT ? "raft" : "gossip");
            text(reply, "step", shard.step());
            text(reply, "primary", shard.primary());
            reply.bulk("members");
            reply.array(shard.members().size());
            shard.members().forEach(reply::bulk);
            reply.bulk("tolerates");
            reply.number(shard.tolerates());
            reply.bulk("pause-ms");
            reply.number(shard.pauseMillis());
            text(reply, "reason", shard.reason());
        }
        text(reply, "last-error", status.lastError());
    }

    private static void text(Reply reply, String name, String value) {
        reply.bulk(name);
        reply.bulk(value);
    }
}

package io.cairn.cluster;

import io.cairn.command.Args;
import io.cairn.command.ServerState;
import io.cairn.raft.meta.ClusterFormat;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.Forgetting;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.MetaGroup;
import io.cairn.raft.meta.Recovery;
import io.cairn.raft.meta.Shard;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/** REPLICATE, FORGET and the config epochs (Redis: cluster.c, clusterCommand). */
final class NodeAdmin {
    private final Supplier<ClusterRuntime> runtime;
    private final Supplier<String> newId;

    NodeAdmin(Supplier<ClusterRuntime> runtime, Supplier<String> newId) {
        this.runtime = runtime;
        this.newId = newId;
    }

    private Topology topology() {
        return runtime.get().topology();
    }

    private String selfId() {
        return topology().self().id();
    }

    static boolean known(ClusterMap map, String id) {
        return map.isFormed() && !map.isForgotten(id);
    }

    Function<ClusterMap, AdminStep> replicate(Args args, ServerState server) {
        String id = args.text(2);
        return map -> {
            if (!known(map, id)) {
                return AdminStep.refuse("ERR Unknown node " + id);
            }
            if (id.equals(selfId())) {
                return AdminStep.refuse("ERR Can't replicate myself");
            }
            Shard target = map.shardOfNode(id);
            Shard mine = map.shardOfNode(selfId());
            if (target != null && !topology().printedPrimary(target).equals(id)) {
                return AdminStep.refuse("ERR I can only replicate a master, not a replica.");
            }
            boolean primary = mine == null || topology().printedPrimary(mine).equals(selfId());
            boolean full = mine != null
                    && (!map.slotsOf(mine.id()).isEmpty()
                            || server.keyspace().database(0).size() != 0);
            if (primary && full) {
                return AdminStep.refuse("ERR To set a master the node must be empty and without assigned slots.");
            }
            return AdminStep.propose(new MetaCommand.Replicate(selfId(), id, newId.get()))
                    .shown(now -> {
                        Shard shard = now.shardOfNode(selfId());
                        return shard != null && shard.hasMember(id);
                    });
        };
    }

    Function<ClusterMap, AdminStep> forget(Args args, ServerState server) {
        String id = args.text(2);
        return map -> {
            MetaGroup meta = runtime.get().member().meta();
            if (map.node(id) == null && meta.isJoining(id)) {
                return AdminStep.nothing()
                        .then(() -> meta.giveUpJoining().thenApply(error -> error.isEmpty() ? "" : "ERR " + error));
            }
            if (map.node(id) == null) {
                return AdminStep.refuse("ERR Unknown node " + id);
            }
            if (id.equals(selfId())) {
                return AdminStep.refuse("ERR I tried hard but I can't forget myself...");
            }
            Shard mine = map.shardOfNode(selfId());
            if (mine != null && topology().printedPrimary(mine).equals(id)) {
                return AdminStep.refuse("ERR Can't forget my master!");
            }
            return map.activeFormat() == ClusterFormat.FIRST && !map.isForgotten(id)
                    ? forgetInFirstFormat(map, id)
                    : AdminStep.propose(new MetaCommand.Leave(id));
        };
    }

    /**
     * Version 1 knows of no node that leaves. One that is lost for good, before it could say that it can do more, would keep
     * the cluster in it: such a node goes all the same, at once and for ever, if its shard does without it now.
     */
    private AdminStep forgetInFirstFormat(ClusterMap map, String id) {
        if (topology().health().alive(id)) {
            return AdminStep.refuse(
                    "ERR Node " + id + " is alive. Until every node can do version " + (ClusterFormat.FIRST + 1)
                            + " of the cluster only dead ones can be forgotten: upgrade it, or stop it.");
        }
        Shard shard = map.shardOfNode(id);
        ClusterNode primary = shard == null ? null : topology().primary(shard);
        if (shard != null && (primary == null || primary.id().equals(id))) {
            return AdminStep.refuse("ERR Shard " + shard.id() + " has no primary now: the node's vote may be needed.");
        }
        List<MetaCommand> commands = Forgetting.inFirstFormat(map, id);
        if (commands.isEmpty()) {
            return AdminStep.refuse("ERR Node " + id + " has a shard of its own: give it a replica, or bring it back.");
        }
        AdminStep first = AdminStep.propose(commands.get(0));
        return commands.size() == 1 ? first : first.then(() -> done(commands.get(1)));
    }

    private CompletableFuture<String> done(MetaCommand command) {
        return runtime.get()
                .member()
                .meta()
                .propose(command)
                .thenApply(result -> result.isApplied() ? "" : "ERR " + result.reason());
    }

    /** CAIRN LOSE-SHARD: the operator's word, which only he can give, that no replica of a shard ever comes back. */
    Function<ClusterMap, AdminStep> loseShard(Args args, ServerState server) {
        String word = args.text(2);
        boolean accepted = args.is(3, "accept-data-loss");
        return map -> {
            if (!accepted) {
                return AdminStep.refuse("ERR syntax error");
            }
            Shard ofNode = map.shardOfNode(word);
            String id = ofNode == null ? word : ofNode.id();
            if (isLost(map, id)) {
                return AdminStep.refuse("ERR no such shard: " + id);
            }
            Shard shard = map.shard(id);
            if (shard != null) {
                for (List<String> members : List.of(shard.voters(), shard.learners())) {
                    for (String member : members) {
                        if (member.equals(selfId()) || topology().health().alive(member)) {
                            return AdminStep.refuse("ERR node " + member + " of the shard is alive: it is not lost."
                                    + " What is left of it may be brought back by cairn recover shard;"
                                    + " a node without its data has to be stopped first");
                        }
                    }
                }
            }
            return AdminStep.propose(new MetaCommand.LoseShard(id)).doneWhen(now -> isLost(now, id));
        };
    }

    private static boolean isLost(ClusterMap map, String shardId) {
        Recovery recovery = Recovery.of(map);
        return map.shard(shardId) == null && (recovery == null || !recovery.awaits(shardId));
    }

    Function<ClusterMap, AdminStep> setConfigEpoch(Args args, ServerState server) {
        long epoch;
        try {
            epoch = Long.parseLong(args.text(2));
        } catch (NumberFormatException e) {
            return map -> AdminStep.refuse("ERR value is not an integer or out of range");
        }
        return map -> {
            if (epoch < 0) {
                return AdminStep.refuse("ERR Invalid config epoch specified: " + epoch);
            } else if (map.shownNodes().size() > 1) {
                return AdminStep.refuse(
                        "ERR The user can assign a config epoch only when the node does not know any other node.");
            } else if (map.configEpoch(selfId()) != 0) {
                return AdminStep.refuse("ERR Node config epoch is already non-zero");
            }
            return epoch == 0 ? AdminStep.nothing() : AdminStep.propose(new MetaCommand.ConfigEpoch(selfId(), epoch));
        };
    }

    Function<ClusterMap, AdminStep> bumpEpoch(Args args, ServerState server) {
        return map -> {
            long before = map.configEpoch(selfId());
            return AdminStep.propose(new MetaCommand.ConfigEpoch(selfId(), 0)).answers(now -> {
                long epoch = now.configEpoch(selfId());
                return reply -> reply.simple((epoch == before ? "STILL " : "BUMPED ") + epoch);
            });
        };
    }
}

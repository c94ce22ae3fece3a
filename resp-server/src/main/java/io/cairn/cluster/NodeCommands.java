package io.cairn.cluster;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.SessionCall;
import io.cairn.gossip.Health;
import io.cairn.gossip.Peer;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.Layout;
import io.cairn.raft.meta.LayoutPlanner;
import io.cairn.raft.meta.NodeDirectory.SeenNode;
import io.cairn.raft.meta.NodeState;
import io.cairn.raft.meta.PlanException;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.meta.SlotRange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/** CAIRN FORM, STATUS and HELP: what {@code cairn cluster create|status} sends; Redis has no such commands. */
final class NodeCommands {
    private static final String ADMIN = "admin noscript loading stale @admin @slow @dangerous";

    private final Supplier<ClusterRuntime> runtime;
    private final Supplier<String> newClusterId;

    /** @param runtime asked at each call: the table of commands is made before the node's parts */
    NodeCommands(Supplier<ClusterRuntime> runtime, Supplier<String> newClusterId) {
        this.runtime = runtime;
        this.newClusterId = newClusterId;
    }

    List<Command> table() {
        return List.of(
                Command.session("cairn|form", -5, ADMIN, this::form),
                Command.session(
                        "cairn|status",
                        2,
                        "loading stale @slow",
                        call -> call.reply().verbatim(status())),
                Command.session("cairn|help", 2, "loading stale @slow", NodeCommands::help));
    }

    private static void help(SessionCall call) {
        List<String> lines = List.of(
                "CAIRN <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                "BALANCE",
                "    Show the next move of leadership that spreads primaries over processes, nil if there is none.",
                "CUT",
                "    Show what a backup notes of the cluster: id, version, slots that move, shards, settings.",
                "FORM <replicas> SPREAD|SHARED <host:port> [<host:port> ...]",
                "    Form a cluster out of empty nodes; SHARED allows two replicas of a shard in one failure domain.",
                "HOLD <id> <milliseconds>",
                "    Keep this primary's calls back while a backup fixes its point; RELEASE ends it.",
                "LOSE-SHARD <shard-id|node-id> ACCEPT-DATA-LOSS",
                "    Nothing is left of a shard: its slots are nobody's from then on, its nodes are forgotten.",
                "RELEASE <id>",
                "    Let them go on; an error when they did before.",
                "STATUS",
                "    Show every node with its role, health, load and lag.",
                "TRANSFER <node-id>",
                "    Hand this primary's shard to another of its voters, unless one lags.",
                "HELP",
                "    Print this help.");
        call.reply().array(lines.size());
        lines.forEach(call.reply()::simple);
    }

    /** CAIRN FORM replicas spread|shared host:port ... */
    private void form(SessionCall call) {
        Args args = call.args();
        Topology topology = runtime.get().topology();
        if (topology.map().isFormed()) {
            call.reply()
                    .error("ERR This node is already in cluster "
                            + topology.map().clusterId());
            return;
        }
        String forming = runtime.get().member().meta().clusterId();
        if (!forming.isEmpty()) {
            // Who got no answer in time asks again, maybe while the first request is still at work.
            call.reply().error("NOTYET cluster " + forming + " is being formed");
            return;
        }
        int replicas;
        try {
            replicas = Integer.parseInt(args.text(2));
        } catch (NumberFormatException e) {
            call.reply().error("ERR value is not an integer or out of range");
            return;
        }
        if (!args.is(3, "spread") && !args.is(3, "shared")) {
            call.reply().error("ERR syntax error");
            return;
        }
        Layout layout;
        try {
            layout = LayoutPlanner.plan(newClusterId.get(), nodes(args), replicas, args.is(3, "shared"));
        } catch (PlanException e) {
            call.reply().error("ERR " + e.getMessage());
            return;
        } catch (NotYetException e) {
            call.reply().error("NOTYET " + e.getMessage());
            return;
        }
        SessionCall.Later later = call.later();
        runtime.get()
                .member()
                .form(layout)
                .whenComplete((done, failure) -> later.complete(reply -> {
                    if (failure == null) {
                        reply.ok();
                    } else {
                        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
                        // Until this node itself has taken the layout it has changed nothing anywhere: ask again.
                        boolean untouched =
                                !runtime.get().member().meta().clusterId().equals(layout.clusterId());
                        reply.error((untouched ? "NOTYET " : "ERR ") + "the cluster could not be formed: "
                                + cause.getMessage());
                    }
                }));
    }

    /** A node is not known here so far. */
    private static final class NotYetException extends Exception {
        private static final long serialVersionUID = 1L;

        NotYetException(String message) {
            super(message);
        }
    }

    private List<ClusterNode> nodes(Args args) throws NotYetException, PlanException {
        Map<String, SeenNode> byAddress = new HashMap<>();
        for (SeenNode node : runtime.get().view().seen()) {
            if (node.alive()) {
                byAddress.put(node.host() + ":" + node.port(), node);
            }
        }
        List<ClusterNode> nodes = new ArrayList<>();
        for (int i = 4; i < args.count(); i++) {
            String address = args.text(i);
            SeenNode node = byAddress.get(address);
            if (node == null) {
                throw new NotYetException("gossip has not found " + address + " yet; are cluster-seeds set?");
            }
            if (!node.clusterId().isEmpty()) {
                throw new PlanException(address + " is already in cluster " + node.clusterId());
            }
            nodes.add(new ClusterNode(
                    node.id(),
                    node.host(),
                    node.port(),
                    node.busPort(),
                    node.raftPort(),
                    node.hostname(),
                    node.domain(),
                    NodeState.ACTIVE));
        }
        return nodes;
    }

    /** A table of all nodes with what gossip knows of each. */
    private String status() {
        Topology topology = runtime.get().topology();
        ClusterMap map = topology.map();
        StringBuilder text = new StringBuilder();
        text.append(
                map.isFormed() ? "cluster " + map.clusterId() + ", map version " + map.version() : "no cluster yet");
        text.append(", consensus raft, state ")
                .append(topology.isUp() ? "ok" : "fail")
                .append('\n');
        row(text, "node", "address", "domain", "role", "health", "shard", "slots", "clients", "memory", "ops/s", "lag");
        for (Peer peer : runtime.get().view().peers()) {
            ClusterNode node = map.node(peer.info().nodeId());
            if (map.isFormed() && (node == null || !node.isActive())) {
                continue;
            }
            Shard shard = map.shardOfNode(peer.info().nodeId());
            boolean primary = shard != null
                    && topology.printedPrimary(shard).equals(peer.info().nodeId());
            row(
                    text,
                    peer.info().nodeId().substring(0, 8),
                    peer.info().host() + ":" + peer.info().clientPort(),
                    peer.info().failureDomain(),
                    shard == null ? "-" : primary ? "primary" : "replica",
                    peer.health() == Health.ALIVE
                            ? "alive"
                            : peer.health().name().toLowerCase(Locale.ROOT),
                    shard == null ? "-" : shard.id().substring(0, 8),
                    shard != null && primary ? slots(map, shard) : "-",
                    Long.toString(peer.state().clients()),
                    megabytes(peer.state().usedMemoryBytes()),
                    Long.toString(peer.state().opsPerSecond()),
                    peer.state().replicationLagMillis() + "ms");
        }
        return text.toString();
    }

    private static String slots(ClusterMap map, Shard shard) {
        StringBuilder text = new StringBuilder();
        for (SlotRange range : map.slotsOf(shard.id())) {
            text.append(text.isEmpty() ? "" : ",")
                    .append(range.first())
                    .append('-')
                    .append(range.last());
        }
        return text.toString();
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1fM", bytes / 1048576.0);
    }

    private static void row(StringBuilder text, String... cells) {
        int[] widths = {9, 22, 18, 8, 8, 9, 12, 8, 9, 8, 6};
        for (int i = 0; i < cells.length; i++) {
            text.append(String.format(Locale.ROOT, "%-" + widths[i] + "s ", cells[i]));
        }
        text.setLength(text.length() - 1);
        text.append('\n');
    }
}

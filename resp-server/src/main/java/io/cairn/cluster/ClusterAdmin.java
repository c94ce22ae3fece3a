package io.cairn.cluster;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.Reply;
import io.cairn.command.ServerState;
import io.cairn.command.SessionCall;
import io.cairn.command.SessionGroup;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.MetaGroup;
import io.cairn.raft.meta.NodeState;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The CLUSTER commands that change the cluster (Redis: cluster.c, clusterCommand). What changes the map is a command of the
 * meta group's log ({@link AdminRun}; {@link SlotAdmin}, {@link NodeAdmin}); its reply comes when this node's map shows it.
 * A node in no cluster forms one of its own for it. Those that an EXEC runs one after another are one entry of that log.
 */
final class ClusterAdmin implements SessionGroup {
    private static final String CHANGE = "no_async_loading admin stale @admin @dangerous @slow";
    private static final int BUS_PORT_OFFSET = 10_000;
    private static final int MAX_PORT = 65_535;

    private final Supplier<ClusterRuntime> runtime;
    private final SlotAdmin slots;
    private final NodeAdmin nodes;

    /** Reads a command's arguments on the event loop; what it gives finds what is to be done, on any thread. */
    private record Change(SessionGroup group, BiFunction<Args, ServerState, Function<ClusterMap, AdminStep>> parse)
            implements SessionGroup.Member {
        @Override
        public void run(SessionCall call) {
            CompletableFuture<List<Consumer<Reply>>> done =
                    group.run(call.server(), List.of(new Queued(this, call.args())));
            SessionCall.Later later = call.later();
            done.thenAccept(replies -> later.complete(replies.get(0)));
        }
    }

    /** @param runtime asked at each call: the table of commands is made before the node's parts */
    ClusterAdmin(Supplier<ClusterRuntime> runtime, Supplier<String> newId) {
        this.runtime = runtime;
        this.slots = new SlotAdmin(runtime, newId);
        this.nodes = new NodeAdmin(runtime, newId);
    }

    List<Command> table() {
        return List.of(
                Command.session("cluster|meet", -4, CHANGE, this::meet),
                change("cluster|addslots", -3, (args, server) -> slots.assign(args, false)),
                change("cluster|delslots", -3, (args, server) -> slots.release(args, false)),
                change("cluster|addslotsrange", -4, (args, server) -> slots.assign(args, true)),
                change("cluster|delslotsrange", -4, (args, server) -> slots.release(args, true)),
                change("cluster|flushslots", 2, slots::flush),
                change("cluster|setslot", -4, slots::set),
                change("cluster|replicate", 3, nodes::replicate),
                change("cluster|forget", 3, nodes::forget),
                Command.session(
                        "cluster|reset",
                        -2,
                        "admin noscript stale @admin @dangerous @slow",
                        call -> ResetRun.run(runtime, call)),
                change("cluster|set-config-epoch", 3, nodes::setConfigEpoch),
                change("cluster|bumpepoch", 2, nodes::bumpEpoch),
                change("cairn|lose-shard", 4, nodes::loseShard),
                Command.session("cluster|saveconfig", 2, CHANGE, this::saveConfig),
                Command.session(
                        "cluster|count-failure-reports",
                        3,
                        "admin stale @admin @dangerous @slow",
                        this::countFailureReports));
    }

    private Command change(
            String name, int arity, BiFunction<Args, ServerState, Function<ClusterMap, AdminStep>> parse) {
        return Command.session(name, arity, CHANGE, new Change(this, parse));
    }

    @Override
    public CompletableFuture<List<Consumer<Reply>>> run(ServerState server, List<Queued> calls) {
        List<Function<ClusterMap, AdminStep>> changes = new ArrayList<>();
        for (Queued call : calls) {
            if (call.handler() instanceof Change change) {
                changes.add(change.parse().apply(call.args(), server));
            }
        }
        return AdminRun.run(meta(), changes);
    }

    private MetaGroup meta() {
        return runtime.get().member().meta();
    }

    private Topology topology() {
        return runtime.get().topology();
    }

    private String selfId() {
        return topology().self().id();
    }

    /** Whom CLUSTER MEET names. */
    record Met(String address, int port, int busPort) {}

    private void meet(SessionCall call) {
        Met met = met(call);
        if (met == null) {
            return;
        }
        SessionCall.Later later = call.later();
        runtime.get()
                .meet(met.address(), met.port(), met.busPort())
                .whenComplete((error, failure) -> later.complete(reply -> {
                    if (failure != null) {
                        reply.error("ERR " + AdminRun.reason(failure));
                    } else if (error.isEmpty()) {
                        reply.ok();
                    } else {
                        reply.error("ERR " + error);
                    }
                }));
    }

    /** Reads CLUSTER MEET's arguments; null after an error reply. */
    static @Nullable Met met(SessionCall call) {
        Args args = call.args();
        String host = args.text(2);
        Integer port = number(args.text(3));
        if (port == null) {
            call.reply().error("ERR Invalid TCP base port specified: " + args.text(3));
            return null;
        }
        Integer busPort = args.count() > 4 ? number(args.text(4)) : Integer.valueOf(port + BUS_PORT_OFFSET);
        if (busPort == null) {
            call.reply().error("ERR Invalid TCP bus port specified: " + args.text(4));
            return null;
        }
        if (args.count() > 5) {
            call.reply().error("ERR wrong number of arguments for 'cluster|meet' command");
            return null;
        }
        String address = address(host);
        if (address == null || port <= 0 || port > MAX_PORT || busPort <= 0 || busPort > MAX_PORT) {
            call.reply().error("ERR Invalid node address specified: " + host + ":" + args.text(3));
            return null;
        }
        return new Met(address, port, busPort);
    }

    static @Nullable Integer number(String text) {
        try {
            return Integer.valueOf(text);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** An IP address in its usual form; names are not looked up, as in Redis. */
    private static @Nullable String address(String text) {
        boolean literal = text.indexOf(':') >= 0 || text.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
        try {
            return literal ? InetAddress.getByName(text).getHostAddress() : null;
        } catch (UnknownHostException e) {
            return null;
        }
    }

    private void saveConfig(SessionCall call) {
        SessionCall.Later later = call.later();
        meta().saveConfig()
                .handle((error, failure) -> failure == null ? error : AdminRun.reason(failure))
                .thenAccept(error -> later.complete(reply -> {
                    if (error.isEmpty()) {
                        reply.ok();
                    } else {
                        reply.error("ERR error saving the cluster node config: " + error);
                    }
                }));
    }

    private void countFailureReports(SessionCall call) {
        String id = call.args().text(2);
        if (!NodeAdmin.known(topology().map(), id) && !id.equals(selfId())) {
            call.reply().error("ERR Unknown node " + id);
            return;
        }
        boolean fails = !id.equals(selfId())
                && (topology().health().suspected(id) || !topology().health().alive(id));
        call.reply().number(fails ? 1 : 0);
    }

    /** A node as gossip shows it. */
    static ClusterNode node(io.cairn.raft.meta.NodeDirectory.SeenNode seen) {
        return new ClusterNode(
                seen.id(),
                seen.host(),
                seen.port(),
                seen.busPort(),
                seen.raftPort(),
                seen.hostname(),
                seen.domain(),
                NodeState.ACTIVE);
    }
}

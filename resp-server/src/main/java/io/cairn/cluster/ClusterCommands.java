package io.cairn.cluster;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.Reply;
import io.cairn.command.SessionCall;
import io.cairn.config.EndpointType;
import io.cairn.config.Keys;
import io.cairn.keyspace.Slots;
import io.cairn.mode.SentKeys;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.OpenSlot;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.meta.SlotRange;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The CLUSTER family as clients read it (Redis: cluster.c, clusterCommand). What changes the cluster (MEET, ADDSLOTS,
 * SETSLOT ...) is in {@link ClusterAdmin}; the nodes answer from the applied meta map, so that all give the same picture.
 */
public final class ClusterCommands {
    private static final String READ = "stale @slow";
    private static final int KEYS_LIMIT = Integer.MAX_VALUE;

    private final Supplier<Services> services;

    /** @param services asked at each call: the table of commands is made before the node's parts */
    public ClusterCommands(Supplier<Services> services) {
        this.services = services;
    }

    private Topology topology() {
        return services.get().topology();
    }

    private ShardView shard() {
        return services.get().shard();
    }

    private ClusterReports reports() {
        return new ClusterReports(topology());
    }

    public List<Command> table() {
        return List.of(
                Command.session("cluster|info", 2, READ, call -> call.reply().verbatim(info())),
                Command.session(
                        "cluster|nodes",
                        2,
                        READ,
                        call -> call.reply().verbatim(reports().nodes())),
                Command.session("cluster|slots", 2, READ + " loading", this::slots),
                Command.session("cluster|shards", 2, READ + " loading", this::shards),
                Command.session(
                        "cluster|myid",
                        2,
                        READ,
                        call -> call.reply().bulk(topology().self().id())),
                Command.session("cluster|myshardid", 2, READ, this::myShardId),
                Command.session("cluster|keyslot", 3, READ, ClusterCommands::keySlot),
                Command.session("cluster|countkeysinslot", 3, READ, this::countKeysInSlot),
                Command.session("cluster|getkeysinslot", 4, READ, this::getKeysInSlot),
                Command.session("cluster|links", 2, READ, this::links),
                Command.session("cluster|slot-stats", -4, READ + " loading", new SlotStats(this::topology)::run),
                Command.session("cluster|replicas", 3, "admin stale @admin @dangerous @slow", this::replicas),
                Command.session("cluster|slaves", 3, "admin stale @admin @dangerous @slow", this::replicas),
                Command.session(
                        "cluster|failover", -2, "no_async_loading admin stale @admin @dangerous @slow", this::failover),
                Command.session("cluster|help", 2, "loading stale @slow", ClusterCommands::help),
                Command.session("readonly", 1, "fast loading stale @fast @connection", call -> {
                    call.session().readonly(true);
                    call.reply().ok();
                }),
                Command.session("readwrite", 1, "fast loading stale @fast @connection", call -> {
                    call.session().readonly(false);
                    call.reply().ok();
                }),
                Command.session("asking", 1, "fast @fast @connection", call -> {
                    call.session().asking();
                    call.reply().ok();
                }));
    }

    /** What this node's shard replica says of itself. Any thread. */
    public interface ShardView {
        /** Lines after Redis's in CLUSTER INFO, each ending with CR LF. */
        String consensusLines();

        /** Last index applied here: the replication offset to print for this node. */
        long appliedIndex();

        /** Last index known to be on a member, or -1 where this node cannot know. */
        long matchIndex(String nodeId);

        /** Asks for leadership of this node's shard; {@code done} gets null, or an error line. */
        void takeLeadership(Consumer<@Nullable String> done);

        /** Open connections to other nodes' Raft ports. */
        List<Link> links();
    }

    /**
     * A connection that this node opened to another.
     *
     * @param queuedBytes bytes waiting to be sent
     */
    public record Link(String nodeId, long createdMillis, long queuedBytes) {}

    /** What the commands of one node read. */
    public record Services(Topology topology, ShardView shard) {}

    private String info() {
        return reports().info(shard().consensusLines());
    }

    private void slots(SessionCall call) {
        ClusterMap map = topology().map();
        Reply reply = call.reply();
        int ranges = 0;
        for (Shard s : map.shards()) {
            ranges += map.slotsOf(s.id()).size();
        }
        reply.array(ranges);
        for (Shard s : map.shards()) {
            List<ClusterNode> nodes = primaryFirst(s, map);
            for (SlotRange range : map.slotsOf(s.id())) {
                reply.array(2 + nodes.size());
                reply.number(range.first());
                reply.number(range.last());
                for (ClusterNode node : nodes) {
                    slotsNode(reply, node, preferred(call));
                }
            }
        }
    }

    /** Redis: addNodeToNodeReply. What is known beside the preferred endpoint follows it. */
    private static void slotsNode(Reply reply, ClusterNode node, EndpointType preferred) {
        boolean ip = preferred != EndpointType.IP;
        boolean hostname =
                preferred != EndpointType.HOSTNAME && !node.hostname().isEmpty();
        reply.array(4);
        if (preferred == EndpointType.UNKNOWN_ENDPOINT) {
            reply.nil();
        } else {
            reply.bulk(endpoint(node, preferred));
        }
        reply.number(node.port());
        reply.bulk(node.id());
        reply.map((ip ? 1 : 0) + (hostname ? 1 : 0));
        if (ip) {
            reply.bulk("ip");
            reply.bulk(node.host());
        }
        if (hostname) {
            reply.bulk("hostname");
            reply.bulk(node.hostname());
        }
    }

    /** Redis: getPreferredEndpoint. */
    private static String endpoint(ClusterNode node, EndpointType preferred) {
        return switch (preferred) {
            case IP -> node.host();
            case HOSTNAME -> node.hostname().isEmpty() ? "?" : node.hostname();
            case UNKNOWN_ENDPOINT -> "";
        };
    }

    private static EndpointType preferred(SessionCall call) {
        return call.server().config().get(Keys.CLUSTER_PREFERRED_ENDPOINT_TYPE);
    }

    private List<ClusterNode> primaryFirst(Shard s, ClusterMap map) {
        String primary = topology().printedPrimary(s);
        List<ClusterNode> nodes = new java.util.ArrayList<>();
        for (String id : ClusterReports.members(s)) {
            ClusterNode node = map.node(id);
            if (node == null || !node.isActive()) {
                continue;
            }
            if (id.equals(primary)) {
                nodes.add(0, node);
            } else if (isMyself(node) || topology().health().alive(id)) {
                nodes.add(node);
            }
        }
        return nodes;
    }

    private boolean isMyself(ClusterNode node) {
        return node.id().equals(topology().self().id());
    }

    /** Redis: clusterReplyShards. */
    private void shards(SessionCall call) {
        ClusterMap map = topology().map();
        Reply reply = call.reply();
        reply.array(map.shards().size());
        for (Shard s : map.shards()) {
            reply.map(2);
            reply.bulk("slots");
            List<SlotRange> ranges = map.slotsOf(s.id());
            reply.array(ranges.size() * 2);
            for (SlotRange range : ranges) {
                reply.number(range.first());
                reply.number(range.last());
            }
            reply.bulk("nodes");
            List<ClusterNode> nodes = ClusterReports.members(s).stream()
                    .map(map::node)
                    .filter(node -> node != null && node.isActive())
                    .map(node -> java.util.Objects.requireNonNull(node))
                    .toList();
            reply.array(nodes.size());
            String primary = topology().printedPrimary(s);
            for (ClusterNode node : nodes) {
                shardsNode(reply, node, node.id().equals(primary), preferred(call));
            }
        }
    }

    private void shardsNode(Reply reply, ClusterNode node, boolean primary, EndpointType preferred) {
        reply.map(node.hostname().isEmpty() ? 7 : 8);
        reply.bulk("id");
        reply.bulk(node.id());
        reply.bulk("port");
        reply.number(node.port());
        reply.bulk("ip");
        reply.bulk(node.host());
        reply.bulk("endpoint");
        reply.bulk(endpoint(node, preferred));
        if (!node.hostname().isEmpty()) {
            reply.bulk("hostname");
            reply.bulk(node.hostname());
        }
        reply.bulk("role");
        reply.bulk(primary ? "master" : "replica");
        reply.bulk("replication-offset");
        long offset = isMyself(node) ? shard().appliedIndex() : Math.max(0, shard().matchIndex(node.id()));
        reply.number(offset);
        reply.bulk("health");
        reply.bulk(isMyself(node) || topology().health().alive(node.id()) ? "online" : "failed");
    }

    private void myShardId(SessionCall call) {
        Shard mine = topology().map().shardOfNode(topology().self().id());
        call.reply().bulk(mine == null ? topology().self().id() : mine.id());
    }

    private static void keySlot(SessionCall call) {
        Args args = call.args();
        call.reply().number(Slots.of(args.address(2), args.length(2)));
    }

    private void countKeysInSlot(SessionCall call) {
        int slot = slotArgument(call);
        if (slot >= 0 && isGuest(slot)) {
            call.reply().number(0);
        } else if (slot >= 0) {
            call.reply().number(SentKeys.count(call.server().keyspace(), slot));
        }
    }

    /**
     * Keys of a slot that comes key by key are not counted while another shard owns it: redis-cli's fix takes a node that
     * counts some for an owner, and the one that counts most for the right one, whatever its keys are.
     */
    private boolean isGuest(int slot) {
        ClusterMap map = topology().map();
        Shard mine = map.shardOfNode(topology().self().id());
        Shard owner = map.owner(slot);
        OpenSlot open = map.moves().openSlot(slot);
        return mine != null
                && owner != null
                && !owner.equals(mine)
                && open != null
                && open.importingAt().equals(mine.id());
    }

    private void getKeysInSlot(SessionCall call) {
        int slot = slotArgument(call);
        if (slot < 0) {
            return;
        }
        long limit = number(call.args(), 3);
        if (limit < 0) {
            call.reply().error("ERR Invalid number of keys");
            return;
        }
        List<byte[]> keys = SentKeys.keysOfSlot(call.server().keyspace(), slot, (int) Math.min(limit, KEYS_LIMIT));
        call.reply().array(keys.size());
        for (byte[] key : keys) {
            call.reply().bulk(key);
        }
    }

    /** The slot in argument 2, or -1 after an error reply. Redis: getSlotOrReply. */
    private static int slotArgument(SessionCall call) {
        long slot = number(call.args(), 2);
        if (slot < 0 || slot >= Slots.COUNT) {
            call.reply().error("ERR Invalid or out of range slot");
            return -1;
        }
        return (int) slot;
    }

    /** A non-negative number, or -1. */
    private static long number(Args args, int i) {
        try {
            return Math.max(-1, Long.parseLong(args.text(i)));
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private void links(SessionCall call) {
        List<Link> links = shard().links();
        call.reply().array(links.size());
        for (Link link : links) {
            call.reply().map(6);
            call.reply().bulk("direction");
            call.reply().bulk("to");
            call.reply().bulk("node");
            call.reply().bulk(link.nodeId());
            call.reply().bulk("create-time");
            call.reply().number(link.createdMillis());
            call.reply().bulk("events");
            call.reply().bulk("w");
            call.reply().bulk("send-buffer-allocated");
            call.reply().number(link.queuedBytes());
            call.reply().bulk("send-buffer-used");
            call.reply().number(link.queuedBytes());
        }
    }

    private void replicas(SessionCall call) {
        String id = call.args().text(2);
        ClusterMap map = topology().map();
        Shard of = map.shardOfNode(id);
        if (of == null) {
            call.reply().error("ERR Unknown node " + id);
        } else if (!topology().printedPrimary(of).equals(id)) {
            call.reply().error("ERR The specified node is not a master");
        } else {
            List<String> lines = reports().replicas(of);
            call.reply().array(lines.size());
            lines.forEach(call.reply()::bulk);
        }
    }

    /** Leader transfer to this node. FORCE and TAKEOVER act without a quorum, which raft mode does not do. */
    private void failover(SessionCall call) {
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
        Shard mine = topology().map().shardOfNode(topology().self().id());
        if (mine == null) {
            call.reply().error("ERR Replica is not configured: this node belongs to no shard");
            return;
        }
        if (topology().printedPrimary(mine).equals(topology().self().id())) {
            call.reply().error("ERR You should send CLUSTER FAILOVER to a replica");
            return;
        }
        if (topology().map().isReader(topology().self().id())) {
            call.reply()
                    .error("ERR this replica has no vote (cluster-replica-no-failover yes): it cannot become primary");
            return;
        }
        SessionCall.Later later = call.later();
        shard().takeLeadership(error -> later.complete(reply -> {
            if (error == null) {
                reply.ok();
            } else {
                reply.error(error);
            }
        }));
    }

    private static void help(SessionCall call) {
        List<String> lines = List.of(
                "CLUSTER <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                "ADDSLOTS <slot> [<slot> ...]",
                "    Assign slots to current node.",
                "ADDSLOTSRANGE <start slot> <end slot> [<start slot> <end slot> ...]",
                "    Assign slots which are between <start-slot> and <end-slot> to current node.",
                "BUMPEPOCH",
                "    Advance the node's config epoch.",
                "CANCELSLOTMIGRATIONS",
                "    Cancel all atomic slot migrations that leave this node's shard.",
                "COUNT-FAILURE-REPORTS <node-id>",
                "    Return number of failure reports for <node-id>.",
                "COUNTKEYSINSLOT <slot>",
                "    Return the number of keys in <slot>.",
                "DELSLOTS <slot> [<slot> ...]",
                "    Delete slots information from current node.",
                "DELSLOTSRANGE <start slot> <end slot> [<start slot> <end slot> ...]",
                "    Delete slots information which are between <start-slot> and <end-slot> from current node.",
                "FAILOVER",
                "    Hand the shard's leadership to this replica.",
                "FLUSHSLOTS",
                "    Delete current node's own slots information.",
                "FORGET <node-id>",
                "    Remove a node from the cluster, for ever.",
                "GETKEYSINSLOT <slot> <count>",
                "    Return key names stored by this node in a slot.",
                "GETSLOTMIGRATIONS",
                "    Return the atomic slot migrations of this node's shard.",
                "INFO",
                "    Return information about the cluster.",
                "KEYSLOT <key>",
                "    Return the hash slot for <key>.",
                "LINKS",
                "    Return information about the connections between this node and its peers.",
                "MEET <ip> <port> [<bus-port>]",
                "    Connect nodes into a working cluster.",
                "MIGRATESLOTS SLOTSRANGE <start slot> <end slot> [<start slot> <end slot> ...] NODE <node-id> [...]",
                "    Move slots of this node to others, each range as a whole.",
                "MIGRATION IMPORT <start slot> <end slot> [<start slot> <end slot> ...]",
                "    Move slots to this node as a whole; returns the id of the task.",
                "MIGRATION STATUS (ID <task-id>|ALL)",
                "    Return atomic slot migrations of this node's shard.",
                "MIGRATION CANCEL (ID <task-id>|ALL)",
                "    Cancel them; returns how many.",
                "MYID",
                "    Return the node id.",
                "MYSHARDID",
                "    Return the id of the node's shard.",
                "NODES",
                "    Return cluster configuration seen by this node.",
                "REPLICATE <node-id>",
                "    Configure current node as replica to <node-id>.",
                "RESET [HARD|SOFT]",
                "    Make a node that no cluster counts on a new one.",
                "SAVECONFIG",
                "    Write cluster.conf anew.",
                "SET-CONFIG-EPOCH <epoch>",
                "    Set config epoch of current node.",
                "SETSLOT <slot> (IMPORTING <node-id>|MIGRATING <node-id>|STABLE|NODE <node-id>)",
                "    Set slot state.",
                "REPLICAS <node-id>",
                "    Return <node-id> replicas.",
                "SHARDS",
                "    Return information about the cluster's shards.",
                "SLOT-STATS (SLOTSRANGE <start slot> <end slot>|ORDERBY key-count [LIMIT <limit>] [ASC|DESC])",
                "    Return how many keys the slots of this node's shard have.",
                "SLOTS",
                "    Return information about slot ranges and their nodes.",
                "HELP",
                "    Print this help.");
        call.reply().array(lines.size());
        lines.forEach(call.reply()::simple);
    }
}

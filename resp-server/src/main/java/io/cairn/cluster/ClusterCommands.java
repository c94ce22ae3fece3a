package io.cairn.cluster;

import io.cairn.cluster.ClusterView.Group;
import io.cairn.cluster.ClusterView.Member;
import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.Reply;
import io.cairn.command.SessionCall;
import io.cairn.config.EndpointType;
import io.cairn.config.Keys;
import io.cairn.keyspace.Slots;
import io.cairn.mode.SentKeys;
import io.cairn.raft.meta.SlotRange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * The CLUSTER family as clients read it (Redis: cluster.c, clusterCommand). What changes the cluster (MEET, ADDSLOTS,
 * SETSLOT ...) is in {@link ClusterAdmin}; the what they show is a {@link ClusterView}.
 */
public final class ClusterCommands {
    private static final String READ = "stale @slow";
    private static final List<String> RAFT_ONLY =
            List.of("CANCELSLOTMIGRATIONS", "GETSLOTMIGRATIONS", "MIGRATESLOTS", "MIGRATION");
    private static final int KEYS_LIMIT = Integer.MAX_VALUE;

    private final Supplier<ClusterView> source;

    private final boolean raft;

    /**
     * @param source asked at each call: the table of commands is made before the node's parts
     * @param raft CLUSTER HELP names what only raft mode has
     */
    ClusterCommands(Supplier<ClusterView> source, boolean raft) {
        this.source = source;
        this.raft = raft;
    }

    private ClusterView view() {
        return source.get();
    }

    private ClusterReports reports() {
        return new ClusterReports(view());
    }

    public List<Command> table() {
        return List.of(
                Command.session(
                        "cluster|info",
                        2,
                        READ,
                        call -> call.reply().verbatim(reports().info())),
                Command.session(
                        "cluster|nodes",
                        2,
                        READ,
                        call -> call.reply().verbatim(reports().nodes())),
                Command.session("cluster|slots", 2, READ + " loading", this::slots),
                Command.session("cluster|shards", 2, READ + " loading", this::shards),
                Command.session("cluster|myid", 2, READ, call -> call.reply().bulk(view().selfId())),
                Command.session("cluster|myshardid", 2, READ, this::myShardId),
                Command.session("cluster|keyslot", 3, READ, ClusterCommands::keySlot),
                Command.session("cluster|countkeysinslot", 3, READ, this::countKeysInSlot),
                Command.session("cluster|getkeysinslot", 4, READ, this::getKeysInSlot),
                Command.session("cluster|links", 2, READ, this::links),
                Command.session("cluster|slot-stats", -4, READ + " loading", new SlotStats(source)::run),
                Command.session("cluster|replicas", 3, "admin stale @admin @dangerous @slow", this::replicas),
                Command.session("cluster|slaves", 3, "admin stale @admin @dangerous @slow", this::replicas),
                Command.session("cluster|help", 2, "loading stale @slow", this::help),
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

    /**
     * A connection that this node opened to another.
     *
     * @param queuedBytes bytes waiting to be sent
     */
    public record Link(String nodeId, long createdMillis, long queuedBytes) {}

    private void slots(SessionCall call) {
        List<Group> groups = view().groups();
        Map<String, Member> members = byId();
        Reply reply = call.reply();
        reply.array(groups.stream().mapToInt(group -> group.slots().size()).sum());
        for (Group group : groups) {
            List<Member> nodes = primaryFirst(group, members);
            for (SlotRange range : group.slots()) {
                reply.array(2 + nodes.size());
                reply.number(range.first());
                reply.number(range.last());
                for (Member node : nodes) {
                    slotsNode(reply, node, preferred(call));
                }
            }
        }
    }

    private Map<String, Member> byId() {
        Map<String, Member> members = new HashMap<>();
        view().members().forEach(member -> members.put(member.id(), member));
        return members;
    }

    /** Redis: addNodeToNodeReply. What is known beside the preferred endpoint follows it. */
    private static void slotsNode(Reply reply, Member node, EndpointType preferred) {
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
    private static String endpoint(Member node, EndpointType preferred) {
        return switch (preferred) {
            case IP -> node.host();
            case HOSTNAME -> node.hostname().isEmpty() ? "?" : node.hostname();
            case UNKNOWN_ENDPOINT -> "";
        };
    }

    private static EndpointType preferred(SessionCall call) {
        return call.server().config().get(Keys.CLUSTER_PREFERRED_ENDPOINT_TYPE);
    }

    private List<Member> primaryFirst(Group group, Map<String, Member> members) {
        List<Member> nodes = new ArrayList<>();
        for (String id : group.memberIds()) {
            Member node = members.get(id);
            if (node == null) {
                continue;
            }
            if (id.equals(group.primaryId())) {
                nodes.add(0, node);
            } else if (node.isListed()) {
                nodes.add(node);
            }
        }
        return nodes;
    }

    /** Redis: clusterReplyShards. */
    private void shards(SessionCall call) {
        List<Group> groups = view().groups();
        Map<String, Member> members = byId();
        Reply reply = call.reply();
        reply.array(groups.size());
        for (Group group : groups) {
            reply.map(2);
            reply.bulk("slots");
            reply.array(group.slots().size() * 2);
            for (SlotRange range : group.slots()) {
                reply.number(range.first());
                reply.number(range.last());
            }
            reply.bulk("nodes");
            List<Member> nodes = group.memberIds().stream()
                    .map(members::get)
                    .filter(Objects::nonNull)
                    .toList();
            reply.array(nodes.size());
            for (Member node : nodes) {
                shardsNode(reply, node, node.id().equals(group.primaryId()), preferred(call));
            }
        }
    }

    private static void shardsNode(Reply reply, Member node, boolean primary, EndpointType preferred) {
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
        reply.number(node.offset());
        reply.bulk("health");
        reply.bulk(node.isListed() ? "online" : "failed");
    }

    private void myShardId(SessionCall call) {
        Group mine = view().groupOf(view().selfId());
        call.reply().bulk(mine == null ? view().selfId() : mine.id());
    }

    private static void keySlot(SessionCall call) {
        Args args = call.args();
        call.reply().number(Slots.of(args.address(2), args.length(2)));
    }

    private void countKeysInSlot(SessionCall call) {
        int slot = slotArgument(call);
        // Keys of a slot that comes key by key are not counted while another owns it: redis-cli's fix takes a node that
        // counts
        // some for an owner, and the one that counts most for the right one, whatever its keys are.
        if (slot >= 0 && view().isGuest(slot)) {
            call.reply().number(0);
        } else if (slot >= 0) {
            call.reply().number(SentKeys.count(call.server().keyspace(), slot));
        }
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
        List<Link> links = view().links();
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
        Member of = view().member(id);
        Group group = of == null ? null : view().groupOf(id);
        if (of == null) {
            call.reply().error("ERR Unknown node " + id);
        } else if (!of.isPrimary()) {
            call.reply().error("ERR The specified node is not a master");
        } else {
            List<String> lines = group == null ? List.of() : reports().replicas(group);
            call.reply().array(lines.size());
            lines.forEach(call.reply()::bulk);
        }
    }

    private void help(SessionCall call) {
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
                "CONSENSUS STATUS",
                "    Return which of gossip and raft decides about each shard, and what is under way.",
                "CONSENSUS (RAFT|GOSSIP) [SHARD <shard-id>] [DRYRUN]",
                "    Take the cluster, or one shard, to raft or gossip mode while it serves.",
                "COUNT-FAILURE-REPORTS <node-id>",
                "    Return number of failure reports for <node-id>.",
                "COUNTKEYSINSLOT <slot>",
                "    Return the number of keys in <slot>.",
                "DELSLOTS <slot> [<slot> ...]",
                "    Delete slots information from current node.",
                "DELSLOTSRANGE <start slot> <end slot> [<start slot> <end slot> ...]",
                "    Delete slots information which are between <start-slot> and <end-slot> from current node.",
                raft ? "FAILOVER" : "FAILOVER [FORCE|TAKEOVER]",
                "    Let this replica take its primary's place.",
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
                "    Write the node's file of the cluster anew.",
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
        List<String> shown = new ArrayList<>();
        boolean passes = false;
        for (String line : lines) {
            // What follows a command's line belongs to it.
            passes = line.startsWith(" ") ? passes : !raft && RAFT_ONLY.stream().anyMatch(line::startsWith);
            if (!passes) {
                shown.add(line);
            }
        }
        call.reply().array(shown.size());
        shown.forEach(call.reply()::simple);
    }
}

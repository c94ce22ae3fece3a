package io.cairn.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What CLUSTER CONSENSUS STATUS answers: how a cluster decides who owns what, and where it is going.
 *
 * @param consensus gossip, raft or mixed
 * @param target gossip or raft; that of {@code consensus} when nothing runs
 * @param step none, forming, shards, finishing or aborting
 * @param lastError why the last change did not go through; empty when there is nothing to say
 */
record ConsensusStatus(
        String consensus, String target, String step, List<Node> nodes, List<Shard> shards, String lastError) {

    /**
     * A node.
     *
     * @param reason why it is not capable; empty when it is
     */
    record Node(String id, String address, String version, boolean capable, String reason) {}

    /**
     * A shard.
     *
     * @param step none, promise, digest, seal, commit, switch or end
     * @param members ids of its nodes, the primary's among them
     * @param tolerates how many of its nodes may fail
     * @param pauseMillis how long writes waited when it changed last; -1 when it never did
     */
    record Shard(
            String id,
            String consensus,
            String step,
            String primary,
            List<String> members,
            long tolerates,
            long pauseMillis,
            String reason) {}

    /** @throws IOException when the reply is of another shape */
    static ConsensusStatus of(@Nullable Object reply) throws IOException {
        Map<String, Object> fields = map(reply);
        List<Node> nodes = new ArrayList<>();
        for (Object node : list(fields.get("nodes"))) {
            Map<String, Object> one = map(node);
            nodes.add(new Node(
                    text(one, "id"),
                    text(one, "address"),
                    text(one, "version"),
                    text(one, "capable").equals("yes"),
                    text(one, "reason")));
        }
        List<Shard> shards = new ArrayList<>();
        for (Object shard : list(fields.get("shards"))) {
            Map<String, Object> one = map(shard);
            shards.add(new Shard(
                    text(one, "id"),
                    text(one, "consensus"),
                    text(one, "step"),
                    text(one, "primary"),
                    list(one.get("members")).stream().map(String::valueOf).toList(),
                    number(one, "tolerates"),
                    number(one, "pause-ms"),
                    text(one, "reason")));
        }
        return new ConsensusStatus(
                text(fields, "consensus"),
                text(fields, "target"),
                text(fields, "step"),
                List.copyOf(nodes),
                List.copyOf(shards),
                text(fields, "last-error"));
    }

    /** Whether a change is under way. */
    boolean runs() {
        return !step.equals("none");
    }

    /** The shard of this id, or that has the node of this id; null when there is none. */
    @Nullable
    Shard shard(String id) {
        for (Shard shard : shards) {
            if (shard.id().equals(id) || shard.members().contains(id)) {
                return shard;
            }
        }
        return null;
    }

    /** The address of a node, or its id when it is not known. */
    String address(String nodeId) {
        for (Node node : nodes) {
            if (node.id().equals(nodeId)) {
                return node.address();
            }
        }
        return nodeId;
    }

    /** Everything, for people. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("consensus " + consensus + (runs() ? ", on the way to " + target + " (" + step + ")" : ""));
        for (Node node : nodes) {
            lines.add("node %s  %s  version %s  %s"
                    .formatted(
                            node.address(),
                            node.id(),
                            node.version(),
                            node.capable() ? "ready for raft" : "not ready for raft" + because(node.reason())));
        }
        for (Shard shard : shards) {
            lines.add(line(shard));
        }
        if (!lastError.isEmpty()) {
            lines.add("last error: " + lastError);
        }
        return lines;
    }

    /** One shard, for people. */
    String line(Shard shard) {
        StringBuilder line = new StringBuilder("shard " + shard.id() + " of " + address(shard.primary()) + ": "
                + shard.consensus() + ", " + count(shard.members().size(), "node") + ", tolerates "
                + (shard.tolerates() == 0 ? "no failure" : count(shard.tolerates(), "failure")));
        if (!shard.step().equals("none")) {
            line.append(", ").append(shard.step());
        }
        if (shard.pauseMillis() >= 0) {
            line.append(", writes waited ").append(shard.pauseMillis()).append(" ms");
        }
        return line.append(because(shard.reason())).toString();
    }

    private static String because(String reason) {
        return reason.isEmpty() ? "" : ": " + reason;
    }

    static String count(long count, String what) {
        return count + " " + what + (count == 1 ? "" : "s");
    }

    private static Map<String, Object> map(@Nullable Object reply) throws IOException {
        List<?> items = list(reply);
        Map<String, Object> map = new HashMap<>();
        for (int i = 0; i + 1 < items.size(); i += 2) {
            Object value = items.get(i + 1);
            if (value != null) {
                map.put(String.valueOf(items.get(i)), value);
            }
        }
        return map;
    }

    private static List<?> list(@Nullable Object reply) throws IOException {
        if (reply instanceof List<?> items) {
            return items;
        }
        throw new IOException("CLUSTER CONSENSUS STATUS answered something else than expected: " + reply);
    }

    private static String text(Map<String, Object> fields, String name) {
        return String.valueOf(fields.getOrDefault(name, ""));
    }

    private static long number(Map<String, Object> fields, String name) throws IOException {
        try {
            return Long.parseLong(text(fields, name));
        } catch (NumberFormatException e) {
            throw new IOException("CLUSTER CONSENSUS STATUS: " + name + " is no number", e);
        }
    }
}

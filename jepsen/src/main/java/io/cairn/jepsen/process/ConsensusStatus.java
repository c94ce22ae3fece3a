package io.cairn.jepsen.process;

import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.Reply;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What CLUSTER CONSENSUS STATUS answers.
 *
 * @param consensus gossip, raft or mixed
 * @param step none, forming, shards, finishing or aborting
 * @param nodes addresses by id
 */
public record ConsensusStatus(
        String consensus,
        String target,
        String step,
        Map<String, Address> nodes,
        List<Shard> shards,
        List<String> notCapable,
        String lastError) {

    /**
     * A shard.
     *
     * @param step none, promise, digest, seal, commit, switch or end
     * @param pauseMillis how long writes were held when it changed last; -1 when they never were
     */
    public record Shard(
            String id, String consensus, String step, List<Address> members, long tolerates, long pauseMillis) {}

    /** As one node tells it. */
    public static ConsensusStatus of(Address node) throws NotSentException, OutcomeUnknownException {
        Reply reply = ClusterState.ask(node, "CLUSTER", "CONSENSUS", "STATUS");
        if (reply.failed()) {
            throw new IllegalStateException(node + ": " + reply.text());
        }
        Map<String, Reply> fields = fields(reply);
        Map<String, Address> nodes = new HashMap<>();
        List<String> notCapable = new ArrayList<>();
        for (Reply item : items(fields, "nodes")) {
            Map<String, Reply> one = fields(item);
            nodes.put(text(one, "id"), Address.parse(text(one, "address")));
            if (!text(one, "capable").equals("yes")) {
                notCapable.add(text(one, "address") + ": " + text(one, "reason"));
            }
        }
        List<Shard> shards = new ArrayList<>();
        for (Reply item : items(fields, "shards")) {
            Map<String, Reply> one = fields(item);
            List<Address> members = new ArrayList<>();
            for (Reply member : items(one, "members")) {
                Address address = nodes.get(member.text());
                if (address != null) {
                    members.add(address);
                }
            }
            shards.add(new Shard(
                    text(one, "id"),
                    text(one, "consensus"),
                    text(one, "step"),
                    members,
                    Long.parseLong(text(one, "tolerates")),
                    Long.parseLong(text(one, "pause-ms"))));
        }
        return new ConsensusStatus(
                text(fields, "consensus"),
                text(fields, "target"),
                text(fields, "step"),
                nodes,
                shards,
                notCapable,
                text(fields, "last-error"));
    }

    /** As the first node tells it that answers; null when none does. */
    public static @Nullable ConsensusStatus ofAny(List<Address> nodes) {
        for (Address node : nodes) {
            try {
                return of(node);
            } catch (NotSentException | OutcomeUnknownException | IllegalStateException e) {
                // It is down or just starting; the next one may know.
            }
        }
        return null;
    }

    /** Whether nothing is under way and all is this. */
    public boolean is(String what) {
        return step.equals("none") && consensus.equals(what);
    }

    /** For people: everything but the nodes. */
    public String brief() {
        StringBuilder text = new StringBuilder(consensus + " -> " + target + ", " + step + ";");
        for (Shard shard : shards) {
            text.append(' ').append(shard.consensus()).append('/').append(shard.step());
        }
        return text + (lastError.isEmpty() ? "" : "; " + lastError);
    }

    private static Map<String, Reply> fields(Reply map) {
        Map<String, Reply> fields = new HashMap<>();
        List<Reply> items = map.items();
        for (int i = 0; i + 1 < items.size(); i += 2) {
            fields.put(items.get(i).text(), items.get(i + 1));
        }
        return fields;
    }

    private static List<Reply> items(Map<String, Reply> fields, String name) {
        Reply value = fields.get(name);
        return value == null ? List.of() : value.items();
    }

    private static String text(Map<String, Reply> fields, String name) {
        Reply value = fields.get(name);
        if (value == null) {
            throw new IllegalStateException("CLUSTER CONSENSUS STATUS has no field " + name);
        }
        return value.text();
    }
}

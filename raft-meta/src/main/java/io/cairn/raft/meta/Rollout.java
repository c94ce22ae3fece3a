package io.cairn.raft.meta;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where a cluster is on its way between gossip and raft mode, as the meta group has decided (SAFETY 19). Shards that are still gossip's are
 * not in the map: the claims of gossip mode own their slots. It is kept as named values of the map.
 *
 * @param target where it goes
 * @param isDone all of it is there: claims own nothing any more (raft), or the meta group is dissolved (gossip)
 * @param scope the shards that have one of these slots are to change; empty for all
 * @param attempt the one change of a shard to raft that is under way, or null
 * @param raft shards that came from gossip mode, or may go there, by shard id
 * @param back shards that went back to gossip mode, by the raft shard's id
 */
public record Rollout(
        Consensus target,
        boolean isDone,
        List<SlotRange> scope,
        @Nullable Attempt attempt,
        NavigableMap<String, RaftShard> raft,
        NavigableMap<String, GossipShard> back) {
    static final String NAME = "rollout";
    static final String ATTEMPT = "rollout-attempt";
    static final String ERROR = "rollout-error";
    static final String RAFT = "rollout-raft/";
    static final String BACK = "rollout-back/";

    private static final String NOTHING = "-";

    /** Who decides about slots. */
    public enum Consensus {
        GOSSIP(0),
        RAFT(1);

        private final int code;

        Consensus(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }

        static Consensus of(int code) {
            return switch (code) {
                case 0 -> GOSSIP;
                case 1 -> RAFT;
                default -> throw new FormatException("consensus " + code);
            };
        }
    }

    /**
     * A shard's change, before it is decided.
     *
     * @param number the meta log's index of its begin: an attempt with a higher number is a later one
     * @param shardId of the raft shard that is to be, or that is to end
     * @param target what it is to be
     * @param primaryId the gossip primary of before, or of then
     * @param members with the primary first
     * @param configEpoch of the primary's claim; 0 on the way back
     */
    public record Attempt(
            long number,
            String shardId,
            Consensus target,
            String primaryId,
            List<String> members,
            List<SlotRange> slots,
            long configEpoch) {
        public Attempt {
            members = List.copyOf(members);
            slots = List.copyOf(slots);
        }
    }

    /**
     * A shard of the map and what its claims are frozen at.
     *
     * @param attempt the number of the attempt that was committed; of a shard that was born in raft mode, of the way back's begin
     * @param history,offset of the seal; an empty history for a shard born in raft mode
     * @param baseIndex above all members' local indexes
     * @param reached whose data was at the seal
     * @param pauseMillis how long writes had waited when the commit was proposed
     */
    public record RaftShard(
            long attempt,
            String primaryId,
            long configEpoch,
            String history,
            long offset,
            long baseIndex,
            long pauseMillis,
            List<String> reached) {
        public RaftShard {
            reached = List.copyOf(reached);
        }

        /** True for a shard that came from gossip mode: its members go on with the data they had there. */
        public boolean cameFromGossip() {
            return !history.isEmpty();
        }
    }

    /**
     * A shard that is gossip's again.
     *
     * @param primaryId claims the slots under {@code configEpoch}
     * @param endIndex of its log's last entry
     * @param history,offset of the primary's stream from there on
     * @param members all that it had
     * @param reached members whose data is at its end
     */
    public record GossipShard(
            String primaryId,
            long configEpoch,
            long endIndex,
            String history,
            long offset,
            List<String> members,
            List<String> reached,
            List<SlotRange> slots) {
        public GossipShard {
            members = List.copyOf(members);
            reached = List.copyOf(reached);
            slots = List.copyOf(slots);
        }
    }

    public Rollout {
        scope = List.copyOf(scope);
    }

    /** Null in a cluster that never was on that way. */
    public static @Nullable Rollout of(ClusterMap map) {
        return read(map.values());
    }

    /** Why the last attempt was aborted, empty if none was. */
    public static String lastError(ClusterMap map) {
        ClusterValue value = map.value(ERROR);
        return value == null ? "" : value.text();
    }

    static @Nullable Rollout read(NavigableMap<String, ClusterValue> values) {
        ClusterValue value = values.get(NAME);
        if (value == null) {
            return null;
        }
        String[] words = value.text().split(" ", -1);
        TreeMap<String, RaftShard> raft = new TreeMap<>();
        under(values, RAFT).forEach((name, text) -> raft.put(name.substring(RAFT.length()), raftShard(text.text())));
        TreeMap<String, GossipShard> back = new TreeMap<>();
        under(values, BACK).forEach((name, text) -> back.put(name.substring(BACK.length()), gossipShard(text.text())));
        ClusterValue attempt = values.get(ATTEMPT);
        return new Rollout(
                Consensus.valueOf(words[0]),
                words[1].equals("done"),
                ranges(words[2]),
                attempt == null ? null : attempt(attempt.text()),
                raft,
                back);
    }

    private static NavigableMap<String, ClusterValue> under(NavigableMap<String, ClusterValue> values, String prefix) {
        // '0' is the sign after '/'.
        return values.subMap(prefix, true, prefix.substring(0, prefix.length() - 1) + "0", false);
    }

    /** Under way, or not yet over. */
    public boolean runs() {
        return !isDone;
    }

    /** Whether a shard with this slot is to change. */
    public boolean wants(int slot) {
        return scope.isEmpty() || scope.stream().anyMatch(range -> range.first() <= slot && slot <= range.last());
    }

    /**
     * Whether an attempt may still be committed, or is that of a raft shard: a promise that was given for it binds. Only for a map that is
     * as new as the attempt.
     */
    public boolean binds(long number) {
        return (attempt != null && attempt.number() == number)
                || raft.values().stream().anyMatch(shard -> shard.attempt() == number);
    }

    /** Puts it among the values, in the place of what was there. */
    void write(MapDraft draft, long index) {
        Map<String, String> wanted = new TreeMap<>();
        wanted.put(NAME, target + " " + (isDone ? "done" : "runs") + " " + text(scope));
        Attempt running = attempt;
        if (running != null) {
            wanted.put(
                    ATTEMPT,
                    String.join(
                            " ",
                            Long.toString(running.number()),
                            running.shardId(),
                            running.target().name(),
                            running.primaryId(),
                            Long.toString(running.configEpoch()),
                            text(running.slots()),
                            ids(running.members())));
        }
        raft.forEach((id, shard) -> wanted.put(RAFT + id, text(shard)));
        back.forEach((id, shard) -> wanted.put(BACK + id, text(shard)));
        draft.values
                .keySet()
                .removeIf(name -> (name.equals(ATTEMPT) || name.startsWith(RAFT) || name.startsWith(BACK))
                        && !wanted.containsKey(name));
        wanted.forEach((name, text) -> {
            ClusterValue known = draft.values.get(name);
            if (known == null || !known.text().equals(text)) {
                draft.values.put(name, new ClusterValue(index, text));
            }
        });
    }

    private static String text(RaftShard shard) {
        return String.join(
                " ",
                Long.toString(shard.attempt()),
                shard.primaryId(),
                Long.toString(shard.configEpoch()),
                shard.history().isEmpty() ? NOTHING : shard.history(),
                Long.toString(shard.offset()),
                Long.toString(shard.baseIndex()),
                Long.toString(shard.pauseMillis()),
                ids(shard.reached()));
    }

    private static RaftShard raftShard(String text) {
        String[] words = text.split(" ", -1);
        return new RaftShard(
                Long.parseLong(words[0]),
                words[1],
                Long.parseLong(words[2]),
                words[3].equals(NOTHING) ? "" : words[3],
                Long.parseLong(words[4]),
                Long.parseLong(words[5]),
                Long.parseLong(words[6]),
                ids(words[7]));
    }

    private static String text(GossipShard shard) {
        return String.join(
                " ",
                shard.primaryId(),
                Long.toString(shard.configEpoch()),
                Long.toString(shard.endIndex()),
                shard.history(),
                Long.toString(shard.offset()),
                ids(shard.members()),
                ids(shard.reached()),
                text(shard.slots()));
    }

    private static GossipShard gossipShard(String text) {
        String[] words = text.split(" ", -1);
        return new GossipShard(
                words[0],
                Long.parseLong(words[1]),
                Long.parseLong(words[2]),
                words[3],
                Long.parseLong(words[4]),
                ids(words[5]),
                ids(words[6]),
                ranges(words[7]));
    }

    private static Attempt attempt(String text) {
        String[] words = text.split(" ", -1);
        return new Attempt(
                Long.parseLong(words[0]),
                words[1],
                Consensus.valueOf(words[2]),
                words[3],
                ids(words[6]),
                ranges(words[5]),
                Long.parseLong(words[4]));
    }

    private static String ids(List<String> ids) {
        return ids.isEmpty() ? NOTHING : String.join(",", ids);
    }

    private static List<String> ids(String text) {
        return text.equals(NOTHING) ? List.of() : Arrays.asList(text.split(",", -1));
    }

    static String text(List<SlotRange> ranges) {
        StringJoiner text = new StringJoiner(",");
        ranges.forEach(range -> text.add(range.first() + "-" + range.last()));
        return ranges.isEmpty() ? NOTHING : text.toString();
    }

    private static List<SlotRange> ranges(String text) {
        List<SlotRange> ranges = new ArrayList<>();
        if (!text.equals(NOTHING)) {
            for (String run : text.split(",", -1)) {
                int dash = run.indexOf('-');
                ranges.add(new SlotRange(
                        Integer.parseInt(run.substring(0, dash)), Integer.parseInt(run.substring(dash + 1))));
            }
        }
        return ranges;
    }
}

package io.cairn.jepsen.mutant;

import java.util.List;
import java.util.regex.Pattern;

/** Bugs in how a cluster lives: who a node is, who owns a slot, how long a lease lasts. */
public final class ClusterMutants {
    private static final String MODE = "resp-server/src/main/java/io/cairn/mode/";
    private static final String META = "raft-meta/src/main/java/io/cairn/raft/meta/";
    private static final String SHARDS = "raft-shards/src/main/java/io/cairn/raft/shards/";
    private static final String GROUP = "raft-meta/src/main/java/io/cairn/raft/group/";

    private static final String LOST = "went back|lost increments|were told the same";
    private static final String DISKS_DIFFER = "digests of .* differ|ends with entry|the logs of .* differ";

    private ClusterMutants() {}

    static List<Mutant> all() {
        return List.of(
                emptyLogVotes(),
                slotNotCheckedInApply(),
                freezeHoldsNobody(),
                streamWithoutOldValues(),
                leaseOutlivesItsPromises());
    }

    private static Mutant emptyLogVotes() {
        Edit lost = new Edit(
                META + "ClusterFile.java",
                "if (isOpened(groupId) && isEmpty(groupDirectory)) {",
                "if (groupId.isEmpty() && isEmpty(groupDirectory)) {");
        Edit voters = new Edit(SHARDS + "ClusterMember.java", """
                openShard(groupId.substring(SHARD_PREFIX.length()), List.of(), List.of());
                """, """
                String id = groupId.substring(SHARD_PREFIX.length());
                List<String> voters = new java.util.ArrayList<>();
                if (file.layout() != null) {
                    for (Layout.ShardLayout each : file.layout().shards()) {
                        if (each.id().equals(id)) {
                            voters.addAll(each.voters());
                        }
                    }
                }
                openShard(id, voters, List.of());
                """);
        return new Mutant(
                "empty-log-votes",
                "a node that lost its logs but knows its cluster goes on as the voter it was",
                "5: an empty data directory is a new incarnation",
                List.of(lost, voters),
                new MutantSchedule("counter", List.of("log-lost-beside-laggard"), false),
                List.of("counter", "disk-end"),
                Pattern.compile(LOST + "|" + DISKS_DIFFER));
    }

    private static Mutant slotNotCheckedInApply() {
        Edit state = new Edit(MODE + "ShardStore.java", """
                } else if (slot >= 0 && !OpenSlots.mayServe(slots.state(slot))) {
                """, """
                } else if (slot >= Slots.COUNT) {
                """);
        Edit keys = new Edit(
                MODE + "ShardStore.java",
                "String elsewhere = open.refusal(state, keys, command, reader.args(), slot, reader.database());",
                "String elsewhere = null;");
        return new Mutant(
                "slot-not-checked-in-apply",
                "apply takes a write without a look at its shard's slot table: what the event loop saw when it came counts",
                "13: the shard's own log decides",
                List.of(state, keys),
                new MutantSchedule("counter", List.of("classic-migration"), false),
                List.of("counter"),
                Pattern.compile(LOST));
    }

    private static Mutant freezeHoldsNobody() {
        Edit apply = new Edit(MODE + "OpenSlots.java", """
                static boolean mayServe(SlotState state) {
                    return state == SlotState.SERVING || state == SlotState.MIGRATING || state == SlotState.IMPORTING;
                """, """
                static boolean mayServe(SlotState state) {
                    return state == SlotState.SERVING || state == SlotState.MIGRATING || state == SlotState.IMPORTING
                            || state == SlotState.FROZEN;
                """);
        Edit call = new Edit(MODE + "RaftMode.java", """
                case SERVING, MIGRATING -> true;
                case IMPORTING ->
                """, """
                case SERVING, MIGRATING, FROZEN -> true;
                case IMPORTING ->
                """);
        Edit rest = new Edit(MODE + "RaftMode.java", "case ABSENT, FROZEN, RECEIVING", "case ABSENT, RECEIVING");
        Edit wait = new Edit(MODE + "RaftMode.java", """
                if (frozen.isActive()) {
                    Outcome waits = whileFrozen(origin, command, slot);
                """, """
                if (command.name().isEmpty()) {
                    Outcome waits = whileFrozen(origin, command, slot);
                """);
        return new Mutant(
                "freeze-holds-nobody",
                "slots that are frozen are written and read as before: what is acknowledged between freeze and commit stays"
                        + " behind",
                "14: freeze stops writes and reads of the slots, and apply checks again",
                List.of(apply, call, rest, wait),
                new MutantSchedule("counter", List.of("atomic-migration"), false),
                List.of("counter"),
                Pattern.compile(LOST));
    }

    private static Mutant streamWithoutOldValues() {
        Edit old = new Edit(
                MODE + "ExportedSlots.java",
                "if (has != 0 && has <= version && in.peek(key, keyLength, 0, found)) {",
                "if (has < 0 && in.peek(key, keyLength, 0, found)) {");
        return new Mutant(
                "stream-without-old-values",
                "a key that changes before the walk of a migration has come to it is streamed as its changes alone",
                "16: what streams is what was there, then the applied records",
                List.of(old),
                new MutantSchedule("counter", List.of("atomic-migration"), false),
                List.of("counter"),
                Pattern.compile(LOST));
    }

    private static Mutant leaseOutlivesItsPromises() {
        Edit bound = new Edit(
                GROUP + "Leases.java",
                "|| (promise != null && promise.term() == led && now - promise.askedNanos() < bound)) {",
                "|| (promise != null && promise.term() == led)) {");
        return new Mutant(
                "lease-outlives-its-promises",
                "a promise holds for the whole term: a primary that was stopped reads by its lease when it goes on",
                "1: the lease is checked after the request was read, by the monotonic clock",
                List.of(bound),
                new MutantSchedule("register", List.of("pause-leader"), false, true),
                List.of("linearizable"),
                Pattern.compile("is not linearizable"));
    }
}

package io.cairn.jepsen.mutant;

import java.util.List;
import java.util.regex.Pattern;

/** The six bugs of the harness's first list, each in code of ours. */
public final class FirstMutants {
    private static final String MODE = "resp-server/src/main/java/io/cairn/mode/";
    private static final String CHRONICLE = "resp-server/src/main/java/io/cairn/keyspace/chronicle/";
    private static final String GROUP = "raft-meta/src/main/java/io/cairn/raft/group/";
    private static final String LIBRARY = "raft-meta/src/main/java/com/alipay/sofa/jraft/core/";
    private static final String AOF = "aof/src/main/java/io/cairn/aof/";

    private static final String DISKS_DIFFER = "digests of .* differ|ends with entry|the logs of .* differ";

    private FirstMutants() {}

    /** All of them. */
    public static List<Mutant> all() {
        return List.of(
                replicaReadWithoutReadIndex(),
                replyBeforeCommit(),
                expiryByLocalClock(),
                voteNotSynced(),
                truncatedSuffixReturns(),
                unknownAsRefused());
    }

    private static Mutant replicaReadWithoutReadIndex() {
        Edit answer = new Edit(MODE + "RaftMode.java", """
                if (linearizableReplicaReads.getAsBoolean()) {
                    return read(queue, origin, command, args, slot);
                }
                return readHere(queue, origin, command, args, slot);
                """, "return readHere(queue, origin, command, args, slot);");
        return new Mutant(
                "replica-read-without-readindex",
                "a replica told to read linearizably answers from what it has applied, without asking the leader",
                "Time and reads: the barrier of a replica's read",
                List.of(answer),
                new MutantSchedule("register", List.of("pause-long"), true),
                List.of("linearizable"),
                Pattern.compile("is not linearizable"));
    }

    private static Mutant replyBeforeCommit() {
        Edit count = new Edit(GROUP + "AofLogStorage.java", """
                log.append(batch);
                health.diskFull(false);
                """, """
                log.append(batch);
                if (health instanceof HostedGroup group) {
                    long first = batch.get(0).index();
                    long last = batch.get(batch.size() - 1).index();
                    for (String voter : group.members().voters()) {
                        com.alipay.sofa.jraft.core.NodeView.holds(group.node(), first, last, Peers.of(voter));
                    }
                }
                health.diskFull(false);
                """);
        Edit grant = new Edit(LIBRARY + "NodeView.java", "private NodeView() {}", """
                private NodeView() {}

                public static void holds(
                        NodeImpl node, long first, long last, com.alipay.sofa.jraft.entity.PeerId voter) {
                    node.getBallotBox().commitAt(first, last, voter);
                }
                """);
        return new Mutant(
                "reply-before-commit",
                "the primary counts every voter as soon as its own log has an entry: it applies and answers before a quorum"
                        + " has it",
                "8 and DESIGN 1: a write is acknowledged after a quorum has it",
                List.of(count, grant),
                new MutantSchedule("counter", List.of("orphaned-suffix"), false),
                List.of("counter", "disk-end"),
                Pattern.compile("went back|lost increments|were told the same|" + DISKS_DIFFER));
    }

    private static Mutant expiryByLocalClock() {
        Edit judge = new Edit(
                CHRONICLE + "ChronicleDatabase.java",
                "int found = table.find(now, out, touch);",
                "int found = table.find(Math.max(now, System.currentTimeMillis()), out, touch);");
        return new Mutant(
                "expiry-by-local-clock",
                "apply judges by the local clock, not by the record's time, whether a key is still there",
                "9: all input is in the log; 4: expiry",
                List.of(judge),
                new MutantSchedule("ttl", List.of("kill-one", "pause-long"), false),
                List.of("ttl", "disk-end"),
                Pattern.compile("is (lost|made anew|gone|there|not within|told the same)|" + DISKS_DIFFER));
    }

    private static Mutant voteNotSynced() {
        Edit later = new Edit(AOF + "FileVoteStore.java", """
                try {
                    file.save(value);
                } catch (IOException e) {
                    LogException error = new LogException("cannot save the vote in " + path + ": " + e.getMessage(), e);
                    broken = error;
                    throw error;
                }
                vote = new Vote(term, votedFor);
                }
                """, """
                java.util.concurrent.CompletableFuture.delayedExecutor(30, java.util.concurrent.TimeUnit.SECONDS)
                        .execute(() -> written(value));
                vote = new Vote(term, votedFor);
                }

                private synchronized void written(byte[] value) {
                    try {
                        file.save(value);
                    } catch (IOException | RuntimeException e) {
                        // Closed meanwhile: the bytes are lost, as unsynced bytes are.
                    }
                }
                """);
        return new Mutant(
                "vote-not-synced",
                "term and vote stay in memory for 30 s, as long as Linux may: a kill -9 discards them, as a power cut discards what was"
                        + " not synced",
                "DESIGN 4: term and vote are fsynced before any reply",
                List.of(later),
                new MutantSchedule("register", List.of("kill-one"), false),
                List.of("disk-dead", "disk-end"),
                Pattern.compile("a term was used before it was saved|there is no vote file|the vote file ha[sd] term"));
    }

    private static Mutant truncatedSuffixReturns() {
        Edit intent = new Edit(
                AOF + "SegmentedLog.java",
                "state.save(new LogState(now.first, LogState.Pending.CUT, lastKept).encode());",
                "");
        Edit cut = new Edit(AOF + "SegmentedLog.java", """
                delete(gone);
                if (!gone.isEmpty()) {
                    storage.syncDirectory(directory);
                }
                if (found != null) {
                    cut(found.getValue(), lastKept, newTail);
                }
                state.save(LogState.at(now.first).encode());
                tail.moveTo(lastKept);
                """, """
                if (found != null) {
                    found.getValue().cut(lastKept, newTail);
                }
                tail.moveTo(lastKept);
                tail.rollUnnamed();
                """);
        Edit roll = new Edit(AOF + "LogTail.java", "storage.rename(spare.path(), path);", """
                if (unnamed != null) {
                    storage.rename(unnamed, unnamedPath);
                    unnamed = null;
                }
                if (rollUnnamed) {
                    rollUnnamed = false;
                    unnamed = spare.path();
                    unnamedPath = path;
                } else {
                    storage.rename(spare.path(), path);
                }
                """);
        Edit state = new Edit(AOF + "LogTail.java", "private long planFree;", """
                private long planFree;
                private boolean rollUnnamed;
                private Path unnamed;
                private Path unnamedPath;

                void rollUnnamed() {
                    rollUnnamed = true;
                    active = null;
                }
                """);
        return new Mutant(
                "truncated-suffix-returns",
                "a suffix is cut off in memory only and what replaces it goes to a segment whose name is made durable late:"
                        + " after kill -9 the old suffix is back",
                "DESIGN 4: suffix truncation is crash-safe at every byte",
                List.of(intent, cut, roll, state),
                new MutantSchedule("set", List.of("truncated-suffix"), false),
                List.of("set", "disk-dead", "disk-end"),
                Pattern.compile("(lost|stale): element|follows entry|has term \\d+ after term|" + DISKS_DIFFER));
    }

    private static Mutant unknownAsRefused() {
        Edit text = new Edit(
                MODE + "FailureText.java", "case OUTCOME_UNKNOWN -> UNKNOWN;", "case OUTCOME_UNKNOWN -> redirect;");
        return new Mutant(
                "unknown-as-refused",
                "a write that was in the log when leadership was lost is answered as if it had never been taken",
                "6: once in the log, every failure is unknown",
                List.of(text),
                new MutantSchedule("counter", List.of("pause-majority"), false),
                List.of("counter"),
                Pattern.compile("is above all that is possible"));
    }
}

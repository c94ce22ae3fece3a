package io.cairn.jepsen.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LogComparisonTest {
    private final List<String> broken = new ArrayList<>();
    private final Map<String, ReplicaLog> logs = new TreeMap<>();

    /** Adds a log whose entry {@code first + i} has term and content {@code entries[i]}, like "2x". */
    private ReplicaLog log(String node, long first, String... entries) {
        ReplicaLog log = new ReplicaLog(node, true, broken);
        for (int i = 0; i < entries.length; i++) {
            log.entry(first + i, entries[i].charAt(0) - '0', 2, entries[i].charAt(1), 9);
        }
        logs.put(node, log);
        return log;
    }

    private List<String> compare(long committed) {
        List<String> problems = new LogComparison("shard 1", logs, committed).run();
        assertThat(broken).isEmpty();
        return problems;
    }

    @Test
    void equalLogsAreRight() {
        log("a", 1, "1x", "1y", "2z");
        log("b", 1, "1x", "1y", "2z");
        log("c", 2, "1y", "2z");
        assertThat(compare(3)).isEmpty();
    }

    @Test
    void uncommittedTailsMayDiffer() {
        log("a", 1, "1x", "1y", "2p", "2q");
        log("b", 1, "1x", "1y", "3r");
        log("c", 1, "1x", "1y");
        assertThat(compare(2)).isEmpty();
    }

    @Test
    void committedEntriesOfDifferentTermsAreAProblem() {
        log("a", 1, "1x", "1y", "2p");
        log("b", 1, "1x", "1y", "3r");
        assertThat(compare(3))
                .singleElement()
                .asString()
                .contains("shard 1: the logs of a and b differ in 1 entries", "entry 3: term 2", "term 3");
    }

    @Test
    void committedEntriesOfDifferentContentAreAProblem() {
        log("a", 1, "1x", "1y", "1z");
        log("b", 1, "1x", "1w", "1z");
        assertThat(compare(3)).singleElement().asString().contains("entry 2: term 1 crc 00000079 at a");
    }

    @Test
    void differentContentAtOneIndexAndTermIsAProblemBeyondTheCommittedIndexToo() {
        log("a", 1, "1x", "2p");
        log("b", 1, "1x", "2q");
        assertThat(compare(1)).singleElement().asString().contains("differ in 1 entries up to 2", "entry 2");
    }

    @Test
    void whatIsBeforeAMatchingEntryMustMatch() {
        log("a", 1, "1x", "2p", "4z");
        log("b", 1, "1x", "3q", "4z");
        assertThat(compare(0)).singleElement().asString().contains("same term up to 3", "entry 2: term 2");
    }

    @Test
    void aReplicaWithoutWhatItAppliedIsAProblem() {
        log("a", 1, "1x", "1y", "1z");
        log("b", 1, "1x", "1y");
        assertThat(compare(3)).singleElement().asString().contains("the log of b ends with entry 2");
        log("b", 4, new String[0]).snapshot(3, 1);
        assertThat(compare(3)).isEmpty();
    }

    @Test
    void aSnapshotHasTheTermOfItsLastEntry() {
        log("a", 1, "1x", "1y", "2z");
        log("b", 4, "2w").snapshot(3, 1);
        assertThat(compare(3)).singleElement().asString().contains("the snapshot of b ends with entry 3 of term 1");
    }

    @Test
    void manyDifferencesAreCountedAndTheFirstShown() {
        String[] left = new String[100];
        String[] right = new String[100];
        java.util.Arrays.fill(left, "1x");
        java.util.Arrays.fill(right, "1y");
        log("a", 1, left);
        log("b", 1, right);
        assertThat(compare(100))
                .singleElement()
                .asString()
                .contains("differ in 100 entries", "entry 5:")
                .doesNotContain("entry 6:");
    }

    @Test
    void ofALongLogTheNewestEntriesAreKept() {
        ReplicaLog log = new ReplicaLog("a", true, broken);
        long last = ReplicaLog.MOST_ENTRIES + 10L;
        for (long index = 1; index <= last; index++) {
            log.entry(index, 1, 2, index, 9);
        }
        assertThat(log.last()).isEqualTo(last);
        assertThat(log.firstKept()).isEqualTo(ReplicaLog.MOST_ENTRIES / 2 + 1);
        assertThat(log.describe(last)).isEqualTo("term 1 crc %08x".formatted(last));
    }
}

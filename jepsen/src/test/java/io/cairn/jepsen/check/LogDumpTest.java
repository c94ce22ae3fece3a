package io.cairn.jepsen.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each violation that a dead process's disk can show, as the lines that the dump prints for it. */
class LogDumpTest {
    private final List<String> problems = new ArrayList<>();

    private ReplicaLog read(String... lines) {
        LogDump dump = new LogDump(true, problems);
        for (String line : lines) {
            dump.line("{\"log\":\"/p/7001/shard/log\"," + line.replace('\'', '"') + "}");
        }
        dump.end();
        return dump.logs().values().iterator().next();
    }

    private static String vote(long term) {
        return "'vote':{'term':" + term + ",'votedFor':'a'}";
    }

    private static String entry(long index, long term) {
        return "'index':" + index + ",'term':" + term + ",'kind':2,'crc':" + (7 * index) + ",'bytes':3";
    }

    private static String range(long first, long last) {
        return "'range':{'first':" + first + ",'last':" + last + "}";
    }

    private static String snapshot(long index, long term) {
        return "'snapshot':{'index':" + index + ",'term':" + term + "}";
    }

    @Test
    void aWholeLogIsRight() {
        ReplicaLog log = read(vote(3), snapshot(2, 1), entry(3, 1), entry(4, 3), range(3, 4));
        assertThat(problems).isEmpty();
        assertThat(log.term(4)).isEqualTo(3);
        assertThat(log.firstKept()).isEqualTo(3);
        assertThat(log.last()).isEqualTo(4);
        assertThat(log.describe(5)).isEqualTo("none");
        assertThat(log.content(3)).isNotEqualTo(log.content(4));
    }

    @Test
    void anEmptyLogIsRight() {
        read(range(1, 0));
        read(vote(2), snapshot(9, 2), range(10, 9));
        read(vote(2), range(1, 0));
        assertThat(problems).isEmpty();
    }

    @Test
    void aTornTailIsWhatAKillMayLeave() {
        ReplicaLog log = read(vote(1), entry(1, 1), "'damage':{'torn':true,'entry':2,'text':'torn'}", range(1, 1));
        assertThat(problems).isEmpty();
        assertThat(log.tornTails()).isEqualTo(1);
    }

    @Test
    void damageIsAProblem() {
        read(vote(1), entry(1, 1), "'damage':{'torn':false,'entry':2,'text':'entry 2 is not readable'}", range(1, 1));
        assertThat(problems).singleElement().asString().contains("/p/7001/shard/log", "entry 2 is not readable");
    }

    @Test
    void aGapIsAProblem() {
        read(vote(1), entry(1, 1), entry(3, 1), range(1, 3));
        assertThat(problems).singleElement().asString().contains("entry 3 follows entry 1");
    }

    @Test
    void aTermThatFallsIsAProblem() {
        read(vote(3), entry(1, 3), entry(2, 2), range(1, 2));
        assertThat(problems).singleElement().asString().contains("entry 2 has term 2 after term 3");
    }

    @Test
    void aVoteOfAnOlderTermThanTheLogIsAProblem() {
        read(vote(2), entry(1, 2), entry(2, 3), range(1, 2));
        assertThat(problems).singleElement().asString().contains("vote file has term 2, entry 2 has term 3");
    }

    @Test
    void entriesWithoutAVoteAreAProblem() {
        read(entry(1, 1), range(1, 1));
        assertThat(problems).singleElement().asString().contains("no vote file");
    }

    @Test
    void aVoteOlderThanTheSnapshotIsAProblem() {
        read(vote(2), snapshot(9, 3), range(10, 9));
        assertThat(problems).singleElement().asString().contains("term 2, the snapshot at entry 9 term 3");
    }

    @Test
    void aPurgedBeginningNeedsASnapshot() {
        read(vote(1), entry(5, 1), range(5, 5));
        read(vote(1), snapshot(3, 1), entry(5, 1), range(5, 5));
        assertThat(problems).hasSize(2);
        assertThat(problems.get(0)).contains("before 5 are gone", "missing");
        assertThat(problems.get(1)).contains("before 5 are gone", "ends at entry 3");
    }

    @Test
    void aDumpThatBreaksOffIsAProblem() {
        read(vote(1), entry(1, 1));
        assertThat(problems).singleElement().asString().contains("broke off after entry 1");
        LogDump dump = new LogDump(false, problems);
        dump.line("OpenJDK warning: anything that is no JSON is no entry");
        dump.line("{\"log\":");
        assertThat(problems).hasSize(2);
    }
}

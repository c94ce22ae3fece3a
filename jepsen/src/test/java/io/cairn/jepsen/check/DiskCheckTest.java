package io.cairn.jepsen.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.resp.Address;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A comparison of nothing is no comparison. */
class DiskCheckTest {
    @TempDir
    Path directory;

    private final List<String> problems = new ArrayList<>();

    /** Logs of one entry below the directories of two processes, the second one's at {@code index}. */
    private Map<String, ReplicaLog> logs(String group, long index) {
        Map<String, ReplicaLog> logs = new LinkedHashMap<>();
        for (int process = 0; process < 2; process++) {
            String directory = "/p" + process + "/" + (7000 + process) + "/" + group + "/log";
            ReplicaLog log = new ReplicaLog(directory, true, new ArrayList<>());
            long at = process == 0 ? 1 : index;
            log.entry(at, 1, 2, 7, 3);
            log.range(at, at);
            logs.put(directory, log);
        }
        return logs;
    }

    private long compare(long committed, Map<String, ReplicaLog> logs) {
        DiskCheck.Shard shard = new DiskCheck.Shard("s", List.of(Address.local(7000), Address.local(7001)));
        List<DiskCheck.Shard> shards = committed > 0 ? List.of(shard) : List.of();
        Map<String, ReplicaLog> meta = DiskCheck.meta(2, logs, problems);
        return DiskCheck.compare(shards, Map.of("s", committed), logs, problems)
                + DiskCheck.compareMeta(meta, problems);
    }

    @Test
    void aGroupWithoutACommonEntryIsAProblem() {
        Map<String, ReplicaLog> logs = logs("shard", 1);
        logs.putAll(logs("meta", 1));
        assertThat(compare(1, logs)).isEqualTo(2);
        assertThat(problems).isEmpty();
        logs.putAll(logs("shard", 2));
        compare(1, logs);
        assertThat(problems).singleElement().asString().contains("nothing was compared");
    }

    @Test
    void aMissingMetaLogIsAProblem() {
        compare(0, logs("meat", 1));
        assertThat(problems).singleElement().asString().contains("2 processes have only 0 logs of it");
    }

    @Test
    void metaLogsThatArePurgedPastEachOtherAreAProblem() {
        compare(0, logs("meta", 2));
        assertThat(problems).singleElement().asString().contains("meta group: no entry is in two of its logs");
    }

    @Test
    void nodesThatCameByMeetHaveMetaLogsToo() {
        Map<String, ReplicaLog> logs = logs("meta", 1);
        Map<String, ReplicaLog> met = logs("meta-0123abcd", 1);
        logs.put("/p1/7001/meta-0123abcd/log", Objects.requireNonNull(met.get("/p1/7001/meta-0123abcd/log")));
        assertThat(DiskCheck.meta(2, logs, problems))
                .containsOnlyKeys("/p0/7000/meta/log", "/p1/7001/meta-0123abcd/log");
        assertThat(compare(0, logs)).isEqualTo(1);
        assertThat(problems).isEmpty();
    }

    @Test
    void mapsOfOneIndexAreTheSame() throws IOException {
        map("a", "snapshot_130", "one");
        map("b", "snapshot_130", "one");
        map("c", "snapshot_140", "two");
        assertThat(compareMaps()).isEqualTo(1);
        assertThat(problems).isEmpty();
        map("d", "snapshot_140", "owt");
        assertThat(compareMaps()).isEqualTo(2);
        assertThat(problems).singleElement().asString().contains("differ");
    }

    private int compareMaps() {
        return DiskCheck.compareMaps(
                Stream.of("a", "b", "c", "d", "none")
                        .map(node -> directory.resolve(node).resolve("meta/log").toString())
                        .toList(),
                problems);
    }

    private void map(String node, String snapshot, String text) throws IOException {
        Path home = Files.createDirectories(
                directory.resolve(node).resolve("meta/snapshots").resolve(snapshot));
        Files.writeString(home.resolve("cluster.map"), text);
    }
}

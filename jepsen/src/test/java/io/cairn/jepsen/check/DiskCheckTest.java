package io.cairn.jepsen.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.resp.Address;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A comparison of nothing is no comparison. */
class DiskCheckTest {
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
        return DiskCheck.compare(2, shards, Map.of("s", committed), logs, problems);
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
}

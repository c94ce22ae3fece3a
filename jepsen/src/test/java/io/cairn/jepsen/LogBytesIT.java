package io.cairn.jepsen;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Disk;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.StandaloneServer;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.HashSlot;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Timeouts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * There is no second log: what a replica writes to disk for a SET in raft mode is at most 1.1 times what a standalone
 * server writes. Every file of a process counts, so nothing can grow unseen. {@code -Dcairn.sets=1000000} is the long
 * form.
 */
@Tag("long")
class LogBytesIT {
    private static final int PORT = 21700;
    private static final int VALUE_BYTES = 100;
    private static final int PIPELINE = 32;
    private static final double MOST = 1.1;
    /** Votes, node files and the meta log may note something meanwhile, but not in step with the writes. */
    private static final long OTHER_BYTES = 64 * 1024;

    @TempDir
    Path directory;

    @Test
    void raftWritesNoMoreThanStandalone() throws Exception {
        int sets = Integer.getInteger("cairn.sets", 20_000);
        Map<String, Long> alone = standalone(sets);
        Map<String, Long> raft = raft(sets);
        double perSetAlone = sum(alone) / (double) sets;
        double perSetRaft = sum(raft) / (double) sets;
        System.out.printf(
                "bytes on disk per SET of %d bytes: standalone %.1f, per replica in raft mode %.1f (ratio %.3f)%n"
                        + "standalone %s%nraft %s%n",
                VALUE_BYTES, perSetAlone, perSetRaft, perSetRaft / perSetAlone, alone, raft);
        assertThat(perSetAlone).isGreaterThan(VALUE_BYTES);
        assertThat(perSetRaft).isGreaterThan(VALUE_BYTES);
        assertThat(perSetRaft / perSetAlone).isLessThanOrEqualTo(MOST);
        long others = raft.entrySet().stream()
                .filter(file -> !file.getKey().contains("shard"))
                .mapToLong(Map.Entry::getValue)
                .sum();
        assertThat(others).as("growth of files outside the shards' logs").isLessThan(OTHER_BYTES);
    }

    private Map<String, Long> standalone(int sets) throws Exception {
        Path home = directory.resolve("standalone");
        try (StandaloneServer server = StandaloneServer.cairn(
                Distribution.find(),
                List.of("-Xmx256m"),
                home,
                PORT,
                "--appendonly",
                "yes",
                "--appendfsync",
                "always",
                "--save",
                "",
                "--auto-aof-rewrite-percentage",
                "0")) {
            Map<String, Long> before = Disk.written(home.resolve("data"));
            try (RawClient client = server.connect()) {
                write(client, keys(sets, 0, HashSlot.COUNT - 1));
            }
            return growth(before, Disk.written(home.resolve("data")));
        }
    }

    /** What one process wrote: a replica of each shard, so together one copy of everything. */
    private Map<String, Long> raft(int sets) throws Exception {
        try (CairnCluster cluster = new CairnCluster(
                Distribution.find(),
                directory.resolve("raft"),
                PORT + 1,
                "--cluster-snapshot-log-size",
                "100gb",
                "--cluster-snapshot-log-entries",
                "2000000000")) {
            Address first = cluster.nodes().get(0);
            ClusterState.awaitSteady(first, 7, 60);
            List<ClusterState.Range> ranges = ClusterState.slots(first);
            Map<String, Long> before = Disk.written(cluster.home(0));
            for (ClusterState.Range range : ranges) {
                int share = (int) ((long) sets * (range.last() - range.first() + 1) / HashSlot.COUNT);
                try (RawClient client = RawClient.connect(range.primary(), Timeouts.PATIENT)) {
                    write(client, keys(share, range.first(), range.last()));
                }
            }
            ClusterState.awaitCaughtUp(cluster.nodes(), 60);
            return growth(before, Disk.written(cluster.home(0)));
        }
    }

    private static List<String> keys(int count, int firstSlot, int lastSlot) {
        List<String> keys = new ArrayList<>(count);
        for (int i = 0; keys.size() < count; i++) {
            String key = "key:%012d".formatted(i);
            int slot = HashSlot.of(key);
            if (slot >= firstSlot && slot <= lastSlot) {
                keys.add(key);
            }
        }
        return keys;
    }

    private static void write(RawClient client, List<String> keys) throws Exception {
        byte[] set = RawClient.words("SET")[0];
        byte[] value = RawClient.words("x".repeat(VALUE_BYTES))[0];
        for (int first = 0; first < keys.size(); first += PIPELINE) {
            List<String> batch = keys.subList(first, Math.min(keys.size(), first + PIPELINE));
            for (String key : batch) {
                client.send(set, RawClient.words(key)[0], value);
            }
            client.flush();
            for (int i = 0; i < batch.size(); i++) {
                assertThat(client.receive().text()).isEqualTo("OK");
            }
        }
    }

    private static Map<String, Long> growth(Map<String, Long> before, Map<String, Long> after) {
        Map<String, Long> growth = new TreeMap<>();
        after.forEach((file, bytes) -> {
            long grown = bytes - before.getOrDefault(file, 0L);
            if (grown != 0) {
                growth.put(file, grown);
            }
        });
        return growth;
    }

    private static long sum(Map<String, Long> growth) {
        return growth.values().stream().mapToLong(Long::longValue).sum();
    }
}

package io.cairn.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.Disk;
import io.cairn.jepsen.process.StandaloneServer;
import io.cairn.jepsen.resp.RawClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots taken while clients write, loaded by a real redis-server: they are one moment, not a smear of several. */
class SnapshotIT {
    private static final int PORT = 21400;
    private static final int WRITERS = 6;
    private static final List<String> HEAP = List.of("-Xms64m", "-Xmx256m");

    @TempDir
    Path directory;

    @Test
    void snapshotUnderLoadIsAConsistentCut() throws Exception {
        assumeTrue(Tools.onPath("redis-server"), "redis-server is not installed (Debian: redis-server)");
        CausalWriters writers;
        Path snapshot;
        try (StandaloneServer cairn =
                Target.standalone(HEAP, directory.resolve("cairn"), PORT, "--appendonly", "yes", "--save", "")) {
            fill(cairn);
            writers = new CausalWriters(cairn, WRITERS);
            try (RawClient client = cairn.connect()) {
                Await.until("every writer is under way", 30, () -> writers.slowest() > 200);
                String before = client.call("LASTSAVE").text();
                long first = writers.slowest();
                assertThat(client.call("BGSAVE").text()).startsWith("Background saving started");
                Await.until(
                        "the snapshot is done",
                        60,
                        () -> client.call("INFO", "persistence").text().contains("rdb_bgsave_in_progress:0")
                                && (!client.call("LASTSAVE").text().equals(before)
                                        || writers.slowest() > first + 1_000));
                assertThat(client.call("INFO", "persistence").text()).contains("rdb_last_bgsave_status:ok");
            } finally {
                writers.stop();
            }
            snapshot = Disk.files(directory.resolve("cairn")).keySet().stream()
                    .filter(name -> name.endsWith(".rdb"))
                    .map(name -> directory.resolve("cairn").resolve(name))
                    .reduce((a, b) -> b)
                    .orElseThrow();
        }
        Path redis = Files.createDirectories(directory.resolve("redis"));
        Files.copy(snapshot, redis.resolve("dump.rdb"));
        try (StandaloneServer server = StandaloneServer.redis(redis, PORT + 1, "--save", "")) {
            writers.check(server);
            try (RawClient client = server.connect()) {
                for (int i = 0; i < FILLED; i += 97) {
                    assertThat(client.call("GET", "fill:" + i).text()).isEqualTo("v".repeat(i % 300) + i);
                }
            }
        }
    }

    /** So many keys that a snapshot takes long enough for writes to fall into it. */
    private static final int FILLED = 100_000;

    private static void fill(StandaloneServer server) throws Exception {
        try (RawClient client = server.connect()) {
            for (int first = 0; first < FILLED; first += 500) {
                for (int i = first; i < first + 500; i++) {
                    client.send(RawClient.words("SET", "fill:" + i, "v".repeat(i % 300) + i));
                }
                client.flush();
                for (int i = 0; i < 500; i++) {
                    assertThat(client.receive().text()).isEqualTo("OK");
                }
            }
        }
    }
}

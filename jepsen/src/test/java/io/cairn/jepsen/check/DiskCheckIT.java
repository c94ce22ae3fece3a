package io.cairn.jepsen.check;

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
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The checks of disks and node logs on a real cluster: nothing is wrong with it, and what the test damages is found. */
@Tag("long")
class DiskCheckIT {
    private static final int PORT = 22700;
    private static final int HEALTHY_SECONDS = 60;

    private final Distribution distribution = Distribution.find();

    @TempDir
    Path directory;

    @Test
    void aClusterThatWasKilledIsRightAndDamageIsFound() throws Exception {
        DiskCheck check = new DiskCheck(distribution);
        try (CairnCluster cluster = new CairnCluster(distribution, directory, PORT)) {
            write(cluster, 0, 300);
            ClusterState.ask(cluster.nodes(0).get(0), "BGSAVE");
            cluster.kill9(List.of(0));
            Finding dead = check.dead(cluster.home(0));
            assertThat(dead.problems()).isEmpty();
            assertThat(figure(dead, "entries")).isGreaterThan(100);
            System.out.println("disk-dead: " + dead.figures());
            damageOfACopyIsFound(cluster.home(0));
            cluster.start(0);
            ClusterState.awaitHealthy(cluster.nodes(), HEALTHY_SECONDS);
            write(cluster, 300, 600);
            List<DiskCheck.Shard> shards = DiskCheck.shards(cluster, new ArrayList<>());
            Finding end = check.atEnd(cluster);
            System.out.println("disk-end: " + end.figures());
            assertThat(end.problems()).isEmpty();
            assertThat(end.figures()).containsEntry("shards", 3).containsEntry("logs", 18);
            assertThat(figure(end, "comparedEntries")).isGreaterThan(1000);
            assertThat(figure(end, "comparedMetaEntries")).isPositive();
            assertThat(new NodeLogCheck().check(cluster).problems()).isEmpty();
            aForeignLogIsFound(cluster, shards);
        }
    }

    @Test
    void keysThatDifferAreNamedWithTheirValues() throws Exception {
        List<String> heap = List.of("-Xms48m", "-Xmx128m");
        try (StandaloneServer a = StandaloneServer.cairn(distribution, heap, directory.resolve("a"), PORT + 95);
                StandaloneServer b = StandaloneServer.cairn(distribution, heap, directory.resolve("b"), PORT + 96);
                RawClient left = a.connect();
                RawClient right = b.connect()) {
            for (RawClient client : List.of(left, right)) {
                for (int i = 0; i < 500; i++) {
                    client.send(RawClient.words("SET", "key" + i, "value"));
                }
                client.flush();
                for (int i = 0; i < 500; i++) {
                    assertThat(client.receive().text()).isEqualTo("OK");
                }
                client.call("SET", "ttl", "v", "PXAT", client == left ? "99999999999998" : "99999999999999");
            }
            right.call("SET", "key7", "other");
            left.call("DEL", "key450");
            assertThat(ReplicaDigests.differences(a.address(), b.address()))
                    .isEqualTo(
                            "; key key450: (no such key) at %1$s, value at %2$s; key key7: value at %1$s, other at %2$s"
                                    .concat(
                                            "; key ttl: v expires at 99999999999998 at %1$s, v expires at 99999999999999 at %2$s")
                                    .formatted(a.address(), b.address()));
        }
    }

    private static long figure(Finding finding, String name) {
        return finding.figures().get(name) instanceof Number number ? number.longValue() : -1;
    }

    private static void write(CairnCluster cluster, int from, int to) throws Exception {
        List<ClusterState.Range> ranges = ClusterState.slots(cluster.nodes().get(0));
        Map<Address, RawClient> clients = new HashMap<>();
        for (int i = from; i < to; i++) {
            String key = "key" + i;
            int slot = HashSlot.of(key.getBytes(StandardCharsets.ISO_8859_1));
            for (ClusterState.Range range : ranges) {
                if (range.contains(slot)) {
                    RawClient client = clients.get(range.primary());
                    if (client == null) {
                        client = RawClient.connect(range.primary(), Timeouts.PATIENT);
                        clients.put(range.primary(), client);
                    }
                    String millis = i % 3 == 0 ? "500" : "1000000";
                    assertThat(client.call("SET", key, "value" + i, "PX", millis)
                                    .text())
                            .isEqualTo("OK");
                }
            }
        }
        clients.values().forEach(RawClient::close);
    }

    /** A byte of an entry in the middle, the vote, the state of the log. */
    private void damageOfACopyIsFound(Path home) throws IOException {
        Path copy = directory.resolve("copy");
        Path shard = copy.resolve(PORT + "/shard");
        Path segment = shard.resolve("log/00000000000000000001.log");

        copy(home.resolve(Integer.toString(PORT)), copy.resolve(Integer.toString(PORT)));
        assertThat(dead(copy)).isEmpty();
        byte[] bytes = Files.readAllBytes(segment);
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("value");
        bytes[at] ^= 1;
        Files.write(segment, bytes);
        assertThat(dead(copy))
                .singleElement()
                .asString()
                .contains("DAMAGED", "is not readable, but good entries follow");
        bytes[at] ^= 1;
        Files.write(segment, bytes);

        Path vote = shard.resolve("vote");
        byte[] saved = Files.readAllBytes(vote);
        Files.delete(vote);
        assertThat(dead(copy)).singleElement().asString().contains("there is no vote file");
        Files.write(vote, new byte[saved.length]);
        assertThat(dead(copy)).isNotEmpty().first().asString().contains("the vote");
        Files.write(vote, saved);

        Files.delete(shard.resolve("log/state"));
        assertThat(dead(copy)).singleElement().asString().contains("state", "it is missing");
        Disk.delete(copy);
        assertThat(dead(copy)).isEmpty();
    }

    private List<String> dead(Path home) {
        return new DiskCheck(distribution).dead(home).problems();
    }

    /** A replica's log is replaced by one of another shard: the same indexes and terms, other entries. */
    private void aForeignLogIsFound(CairnCluster cluster, List<DiskCheck.Shard> shards) throws IOException {
        List<Path> homes = List.of(cluster.home(0), cluster.home(1), cluster.home(2));
        Path mine = cluster.home(1).resolve((PORT + 3) + "/shard/log");
        Path foreign = cluster.home(1).resolve((PORT + 4) + "/shard/log");
        Disk.delete(mine);
        copy(foreign, mine);
        Finding finding =
                new DiskCheck(distribution).disks(homes, shards, Map.of(), new ArrayList<>(), System.nanoTime());
        assertThat(finding.problems())
                .isNotEmpty()
                .anyMatch(problem -> problem.contains("127.0.0.1:" + (PORT + 3)) && problem.contains("differ in"));
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> tree = Files.walk(from)) {
            for (Path path : tree.toList()) {
                Path target = to.resolve(from.relativize(path).toString());
                if (Files.isDirectory(path)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(path, target);
                }
            }
        }
    }
}

package io.cairn.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterOptions;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import io.cairn.jepsen.resp.Timeouts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fields of hashes that expire, in a shard of three replicas: one is killed, one begins anew from a snapshot, and in the end all hold the same. */
class HashExpiryIT {
    private static final int PORT = 21430;
    private static final int SECONDS = 60;
    private static final int HASHES = 20;

    @TempDir
    Path directory;

    @Test
    void replicasAgreeAfterKillsSnapshotsAndExpiry() throws Exception {
        Random random = new Random(5);
        try (CairnCluster cluster =
                new CairnCluster(Distribution.find(), directory, PORT, ClusterOptions.DEMO.withNodesPerProcess(1))) {
            List<Address> nodes = cluster.nodes();
            write(nodes, random, 500);
            try (RawClient client = primary(nodes)) {
                assertThat(client.call("SAVE").text()).isEqualTo("OK");
            }
            // The replica that is not there is behind the primary's log, which goes back to the second snapshot only.
            int replica = nodes.indexOf(other(nodes));
            cluster.kill9(List.of(replica));
            cluster.wipe(replica);
            write(nodes, random, 500);
            try (RawClient client = primary(nodes)) {
                assertThat(client.call("SAVE").text()).isEqualTo("OK");
            }
            cluster.start(replica);
            ClusterState.awaitHealthy(nodes, SECONDS);
            write(nodes, random, 200);
            awaitEqual(nodes);
            int leader = nodes.indexOf(ClusterState.primaryOf(0, nodes));
            cluster.kill9(List.of(leader));
            cluster.start(leader);
            ClusterState.awaitHealthy(nodes, SECONDS);
            write(nodes, random, 100);
            // What expires goes by itself; what does not stays.
            Await.until("expired fields to go", SECONDS, () -> fields(nodes) == HASHES * 2);
            awaitEqual(nodes);
            try (RawClient client = primary(nodes)) {
                assertThat(client.call("HGETALL", "h0").items()).hasSize(4);
                assertThat(client.call("DUMP", "forever").text()).contains("a hash has fields that expire");
                assertThat(client.call("HTTL", "forever", "FIELDS", "1", "f")
                                .items()
                                .get(0)
                                .number())
                        .isGreaterThan(9_000);
            }
        }
    }

    private static long fields(List<Address> nodes) throws Exception {
        long sum = 0;
        try (RawClient client = primary(nodes)) {
            for (int i = 0; i < HASHES; i++) {
                sum += client.call("HLEN", "h" + i).number();
            }
        }
        return sum;
    }

    private static RawClient primary(List<Address> nodes) throws Exception {
        List<RawClient> found = new ArrayList<>();
        Await.until("a primary", SECONDS, () -> {
            Address primary = ClusterState.primaryOf(0, nodes);
            if (primary == null) {
                return false;
            }
            RawClient client = RawClient.connect(primary, Timeouts.PATIENT);
            if (client.call("HSET", "forever", "f", "1", "g", "2").failed()) {
                client.close();
                return false;
            }
            client.call("HEXPIRE", "forever", "10000", "FIELDS", "1", "f");
            found.add(client);
            return true;
        });
        return found.get(found.size() - 1);
    }

    private static Address other(List<Address> nodes) {
        Address primary = ClusterState.primaryOf(0, nodes);
        return nodes.stream().filter(node -> !node.equals(primary)).findFirst().orElseThrow();
    }

    private static void write(List<Address> nodes, Random random, int rounds) throws Exception {
        try (RawClient client = primary(nodes)) {
            for (int i = 0; i < HASHES; i++) {
                ok(client.call("HSET", "h" + i, "stays", "1", "too", "2"));
            }
            for (int i = 0; i < rounds; i++) {
                String key = "h" + random.nextInt(HASHES);
                String field = "f" + random.nextInt(40);
                ok(client.call("HSET", key, field, "v" + i));
                ok(client.call("HPEXPIRE", key, Integer.toString(random.nextInt(1500)), "FIELDS", "1", field));
                ok(client.call("HINCRBY", key, "n" + random.nextInt(5), "1"));
                ok(client.call("HPEXPIRE", key, "300", "NX", "FIELDS", "2", "n0", "n1"));
                ok(client.call("HPEXPIRE", key, "900", "FIELDS", "3", "n2", "n3", "n4"));
                ok(client.call("HGETALL", key));
            }
        }
    }

    private static void ok(Reply reply) {
        assertThat(reply.failed()).as(reply.text()).isFalse();
    }

    /** DEBUG DIGEST EXACT, which takes in order, expiries and versions, at a moment when nothing expires in between. */
    private static void awaitEqual(List<Address> nodes) {
        Await.until("equal digests", SECONDS, () -> {
            ClusterState.awaitCaughtUp(nodes, SECONDS);
            Set<String> digests = new HashSet<>();
            for (Address node : nodes) {
                digests.add(ClusterState.ask(node, "DEBUG", "DIGEST", "EXACT").text());
            }
            return digests.size() == 1;
        });
    }
}

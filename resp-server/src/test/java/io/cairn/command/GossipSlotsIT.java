package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.resp.RawClient;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What nodes in gossip mode answer for open slots, for slots without an owner, and at replicas. */
final class GossipSlotsIT {
    private static final int PORT = 32_200;
    /** Of {a} keys, which are the second primary's. */
    private static final String SLOT = "15495";

    @TempDir
    Path directory;

    @Test
    void transactionsAndScriptsOnOpenSlots() throws Exception {
        try (GossipNodes cluster = new GossipNodes(directory, PORT, 2, 0);
                RawClient from = cluster.client(1);
                RawClient to = cluster.client(0)) {
            String ask = "-ASK " + SLOT + " 127.0.0.1:" + PORT;
            from.call("MSET", "{a}1", "one", "{a}2", "two");
            assertThat(to.call("CLUSTER", "SETSLOT", SLOT, "IMPORTING", cluster.id(1)))
                    .isEqualTo("+OK\r\n");
            assertThat(from.call("CLUSTER", "SETSLOT", SLOT, "MIGRATING", cluster.id(0)))
                    .isEqualTo("+OK\r\n");
            // At the source: what is there is served; what is not is asked for there.
            assertThat(from.call("EVAL", "return redis.call('get', KEYS[1])", "1", "{a}1"))
                    .isEqualTo("$3\r\none\r\n");
            assertThat(from.call("EVAL", "return redis.call('set', KEYS[1], 'x')", "1", "{a}new"))
                    .startsWith(ask);
            assertThat(from.call("MGET", "{a}1", "{a}new")).startsWith("-TRYAGAIN");
            assertThat(from.call("MULTI")).isEqualTo("+OK\r\n");
            assertThat(from.call("APPEND", "{a}1", "!")).isEqualTo("+QUEUED\r\n");
            assertThat(from.call("GET", "{a}2")).isEqualTo("+QUEUED\r\n");
            assertThat(from.call("EXEC")).isEqualTo("*2\r\n:4\r\n$3\r\ntwo\r\n");
            assertThat(from.call("MULTI")).isEqualTo("+OK\r\n");
            assertThat(from.call("SET", "{a}new", "x")).startsWith(ask);
            assertThat(from.call("EXEC")).startsWith("-EXECABORT");
            // At the target: only who asks.
            assertThat(to.call("SET", "{a}new", "x")).startsWith("-MOVED " + SLOT);
            assertThat(to.call("ASKING")).isEqualTo("+OK\r\n");
            assertThat(to.call("SET", "{a}new", "x")).isEqualTo("+OK\r\n");
            assertThat(to.call("ASKING")).isEqualTo("+OK\r\n");
            assertThat(to.call("MULTI")).isEqualTo("+OK\r\n");
            // Redis: resetClient keeps ASKING through a block.
            assertThat(to.call("APPEND", "{a}new", "y")).isEqualTo("+QUEUED\r\n");
            assertThat(to.call("EXEC")).isEqualTo("*1\r\n:2\r\n");
            assertThat(to.call("GET", "{a}new")).startsWith("-MOVED " + SLOT);
            assertThat(to.call("ASKING")).isEqualTo("+OK\r\n");
            assertThat(to.call("EVAL", "return redis.call('append', KEYS[1], 'z')", "1", "{a}new"))
                    .isEqualTo(":3\r\n");
            assertThat(to.call("ASKING")).isEqualTo("+OK\r\n");
            assertThat(to.call("MGET", "{a}new", "{a}1")).startsWith("-TRYAGAIN");
            // Whoever waits for a key that moves away is told.
            for (String key : new String[] {"{a}1", "{a}2"}) {
                assertThat(from.call("MIGRATE", "127.0.0.1", "" + PORT, key, "0", "5000"))
                        .isEqualTo("+OK\r\n");
            }
            assertThat(to.call("CLUSTER", "SETSLOT", SLOT, "NODE", cluster.id(0)))
                    .isEqualTo("+OK\r\n");
            cluster.await(1, text -> text.startsWith("-MOVED " + SLOT), "GET", "{a}1");
            assertThat(to.call("MGET", "{a}1", "{a}2", "{a}new"))
                    .isEqualTo("*3\r\n$4\r\none!\r\n$3\r\ntwo\r\n$3\r\nxyz\r\n");
        }
    }

    @Test
    void coverageAndReadsWhenDown() throws Exception {
        try (GossipNodes cluster = new GossipNodes(directory, PORT + 50, 2, 0)) {
            cluster.ok(1, "SET", "{a}1", "one");
            cluster.ok(0, "CLUSTER", "DELSLOTS", "0");
            cluster.await(1, "-CLUSTERDOWN The cluster is down\r\n"::equals, "GET", "{a}1");
            cluster.ok(1, "CONFIG", "SET", "cluster-allow-reads-when-down", "yes");
            assertThat(cluster.call(1, "GET", "{a}1")).isEqualTo("$3\r\none\r\n");
            assertThat(cluster.call(1, "SET", "{a}1", "two"))
                    .isEqualTo("-CLUSTERDOWN The cluster is down and only accepts read commands\r\n");
            cluster.ok(1, "CONFIG", "SET", "cluster-require-full-coverage", "no");
            cluster.ok(1, "SET", "{a}1", "two");
            // Slot 0 is nobody's: "{06S}" hashes to it.
            assertThat(cluster.call(1, "GET", "{06S}")).isEqualTo("-CLUSTERDOWN Hash slot not served\r\n");
            // The other primary, and the majority with it, goes.
            cluster.ok(1, "CONFIG", "SET", "cluster-allow-reads-when-down", "no");
            cluster.stop(0);
            cluster.await(1, "-CLUSTERDOWN The cluster is down\r\n"::equals, "SET", "{a}1", "three");
            assertThat(cluster.call(1, "GET", "{a}1")).isEqualTo("-CLUSTERDOWN The cluster is down\r\n");
        }
    }

    @Test
    void shardChannelsAndReadsAtReplicas() throws Exception {
        try (GossipNodes cluster = new GossipNodes(directory, PORT + 100, 1, 1);
                RawClient atPrimary = cluster.client(0);
                RawClient atReplica = cluster.client(1)) {
            assertThat(atPrimary.call("SSUBSCRIBE", "{a}news")).contains("ssubscribe");
            assertThat(atReplica.call("SSUBSCRIBE", "{a}news")).contains("ssubscribe");
            cluster.call(0, "SPUBLISH", "{a}news", "first");
            assertThat(atPrimary.reply()).contains("smessage", "first");
            assertThat(atReplica.reply()).contains("smessage", "first");
            cluster.call(1, "SPUBLISH", "{a}news", "second");
            assertThat(atReplica.reply()).contains("smessage", "second");
            assertThat(atPrimary.reply()).contains("smessage", "second");
            cluster.ok(0, "SET", "a", "1");
            cluster.await(1, ":1\r\n"::equals, "DBSIZE");
            assertThat(cluster.call(1, "GET", "a")).startsWith("-MOVED");
            try (RawClient reader = cluster.client(1)) {
                assertThat(reader.call("READONLY")).isEqualTo("+OK\r\n");
                assertThat(reader.call("GET", "a")).isEqualTo("$1\r\n1\r\n");
                assertThat(reader.call("SET", "a", "2")).startsWith("-MOVED");
                assertThat(reader.call("EVAL_RO", "return redis.call('get', KEYS[1])", "1", "a"))
                        .isEqualTo("$1\r\n1\r\n");
                assertThat(reader.call("READWRITE")).isEqualTo("+OK\r\n");
                assertThat(reader.call("GET", "a")).startsWith("-MOVED");
            }
        }
    }

    /** A primary that loses its only replica gets one of a primary that has two. */
    @Test
    void aReplicaGoesToAPrimaryWithout() throws Exception {
        try (GossipNodes cluster = new GossipNodes(directory, PORT + 150, 2, 3)) {
            // 2 and 4 follow the first, 3 the second.
            String orphan = cluster.id(1);
            String gone = cluster.id(3);
            cluster.ok(1, "SET", "{a}1", "one");
            cluster.stop(3);
            cluster.await(
                    0,
                    text -> text.lines().anyMatch(line -> line.contains("slave " + orphan) && !line.startsWith(gone)),
                    "CLUSTER",
                    "NODES");
            int moved = cluster.line(0, cluster.id(2)).contains(orphan) ? 2 : 4;
            cluster.await(moved, ":1\r\n"::equals, "DBSIZE");
        }
    }

    @Test
    void onlyWhoKnowsTheSecretOrHasACertificateIsMet() throws Exception {
        try (GossipNodes cluster =
                        new GossipNodes(directory, PORT + 200, 1, 1, "--cluster-peer-secret", "open sesame");
                CliNodes strangers = new CliNodes(directory, "gossip")) {
            int port = PORT + 210;
            strangers.start(
                    port, "--cluster-node-timeout", "1000", "--save", "", "--cluster-peer-secret", "something else");
            String bus = "" + (PORT + 200 + CliNodes.PORT_STEP);
            try (RawClient stranger = new RawClient(port)) {
                assertThat(stranger.call("CLUSTER", "MEET", "127.0.0.1", "" + (PORT + 200), bus))
                        .isEqualTo("+OK\r\n");
            }
            cluster.ok(0, "CLUSTER", "MEET", "127.0.0.1", "" + port, "" + (port + CliNodes.PORT_STEP));
            // What the others do meanwhile takes longer than a meeting.
            cluster.ok(1, "CLUSTER", "FAILOVER");
            cluster.awaitLine(0, cluster.id(1), "master .*0-16383");
            assertThat(cluster.call(0, "CLUSTER", "INFO")).contains("cluster_known_nodes:2");
            try (RawClient stranger = new RawClient(port)) {
                assertThat(stranger.call("CLUSTER", "INFO")).contains("cluster_known_nodes:1");
            }
        }
    }
}

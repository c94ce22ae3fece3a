package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.resp.RawClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A primary and its replica in gossip mode: no majority is left when one is gone, so an operator decides. */
final class GossipTwoNodesIT {
    private static final int PORT = 32_000;

    @TempDir
    Path directory;

    /** Redis loses the data here: the replica copies the emptiness. */
    @Test
    void aPrimaryThatComesBackEmptyDoesNotEmptyItsReplica() throws Exception {
        try (GossipNodes two = new GossipNodes(directory, PORT, 1, 1)) {
            two.ok(0, "SET", "a", "1");
            two.await(1, ":1\r\n"::equals, "DBSIZE");
            String heir = two.id(1);
            two.stop(0);
            two.start(0);
            two.awaitLine(0, heir, "master .*0-16383");
            two.await(1, "$1\r\n1\r\n"::equals, "GET", "a");
            two.await(0, ":1\r\n"::equals, "DBSIZE");
        }
    }

    @Test
    void failoverForceAndTakeover() throws Exception {
        try (GossipNodes two = new GossipNodes(directory, PORT + 50, 1, 1)) {
            two.ok(0, "SET", "a", "1");
            two.await(1, ":1\r\n"::equals, "DBSIZE");
            two.ok(1, "CLUSTER", "FAILOVER");
            two.awaitLine(0, two.id(1), "master .*0-16383");
            two.await(1, "+OK\r\n"::equals, "SET", "a", "2");
            two.await(0, text -> text.contains("master_link_status:up"), "INFO", "replication");
            assertThat(two.call(0, "CLUSTER", "FAILOVER", "SOON")).startsWith("-ERR syntax error");
            two.ok(0, "CLUSTER", "FAILOVER", "FORCE");
            two.awaitLine(1, two.id(0), "master .*0-16383");
            two.await(1, text -> text.contains("master_link_status:up"), "INFO", "replication");
            String first = two.id(0);
            two.stop(0);
            two.awaitLine(1, first, "fail");
            assertThat(two.call(1, "CLUSTER", "FAILOVER"))
                    .startsWith("-ERR Master is down or failed, please use CLUSTER FAILOVER FORCE");
            two.ok(1, "CLUSTER", "FAILOVER", "TAKEOVER");
            two.await(1, "+OK\r\n"::equals, "SET", "a", "3");
            two.start(0);
            two.awaitLine(0, two.id(1), "master .*0-16383");
            assertThat(two.call(0, "SET", "a", "4")).startsWith("-MOVED 15495 127.0.0.1:" + (PORT + 51));
            two.await(0, text -> text.contains("master_link_status:up"), "INFO", "replication");
            try (RawClient reader = two.client(0)) {
                assertThat(reader.call("READONLY")).isEqualTo("+OK\r\n");
                assertThat(reader.call("GET", "a")).isEqualTo("$1\r\n3\r\n");
            }
        }
    }

    /** Redis runs one call at a time; here a call may be past the pause's door when a failover begins. */
    @Test
    void whatIsUnderWayWhenAFailoverBeginsIsNotLost() throws Exception {
        String script = "for i = 1, 600000 do redis.call('GET', KEYS[1]) end return redis.call('INCRBY', KEYS[1], '7')";
        try (GossipNodes two = new GossipNodes(directory, PORT + 200, 1, 1);
                RawClient busy = two.client(0)) {
            two.ok(0, "SET", "{a}", "0");
            two.await(1, ":1\r\n"::equals, "DBSIZE");
            CompletableFuture<String> counted = later(() -> busy.call("EVAL", script, "1", "{a}"));
            List<CompletableFuture<String>> behind = new ArrayList<>();
            List<RawClient> waiting = new ArrayList<>();
            TimeUnit.MILLISECONDS.sleep(200);
            for (int i = 0; i < 4; i++) {
                String key = "{a}" + i;
                RawClient client = two.client(0);
                waiting.add(client);
                behind.add(later(() -> client.call("SET", key, "v")));
            }
            TimeUnit.MILLISECONDS.sleep(200);
            two.ok(1, "CLUSTER", "FAILOVER");
            String count = counted.get().trim().substring(1);
            if (two.call(1, "CLUSTER", "FAILOVER").equals("+OK\r\n")) {
                // The script took longer than a failover waits.
                two.awaitLine(0, two.id(1), "master .*0-16383");
            }
            two.await(1, ("$" + count.length() + "\r\n" + count + "\r\n")::equals, "GET", "{a}");
            for (int i = 0; i < behind.size(); i++) {
                if (behind.get(i).get().equals("+OK\r\n")) {
                    assertThat(two.call(1, "GET", "{a}" + i)).isEqualTo("$1\r\nv\r\n");
                }
            }
            for (RawClient client : waiting) {
                client.close();
            }
        }
    }

    private static CompletableFuture<String> later(Callable<String> call) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return call.call();
            } catch (Exception e) {
                throw new CompletionException(e);
            }
        });
    }

    @Test
    void resetHardIsAnotherNodeWithoutData() throws Exception {
        try (GossipNodes two = new GossipNodes(directory, PORT + 100, 1, 1)) {
            two.ok(0, "SET", "a", "1");
            two.await(1, ":1\r\n"::equals, "DBSIZE");
            assertThat(two.call(0, "CLUSTER", "RESET", "HARD"))
                    .startsWith("-ERR CLUSTER RESET can't be called with master nodes containing keys");
            String before = two.id(1);
            two.ok(1, "CLUSTER", "RESET", "HARD");
            assertThat(two.id(1)).isNotEqualTo(before).hasSize(40);
            assertThat(two.call(1, "DBSIZE")).isEqualTo(":0\r\n");
            assertThat(two.call(1, "CLUSTER", "INFO"))
                    .contains("cluster_known_nodes:1", "cluster_current_epoch:0", "cluster_slots_assigned:0");
            assertThat(two.line(1, two.id(1))).contains("myself,master");
            String after = two.id(1);
            two.stop(1);
            two.start(1);
            assertThat(two.id(1)).isEqualTo(after);
            two.ok(0, "CLUSTER", "FORGET", before);
            two.ok(1, "CLUSTER", "MEET", "127.0.0.1", "" + (PORT + 100), "" + (PORT + 100 + CliNodes.PORT_STEP));
            two.await(1, text -> text.contains("cluster_known_nodes:2"), "CLUSTER", "INFO");
            two.ok(1, "CLUSTER", "REPLICATE", two.id(0));
            two.await(1, ":1\r\n"::equals, "DBSIZE");
        }
    }

    @Test
    void whatIsAnnouncedIsWhatOthersSee() throws Exception {
        try (GossipNodes two = new GossipNodes(directory, PORT + 150, 1, 1)) {
            String primary = two.id(0);
            assertThat(two.call(1, "CLUSTER", "LINKS")).startsWith("*1\r\n").contains(primary, "send-buffer-used");
            assertThat(two.call(0, "CONFIG", "SET", "cluster-announce-hostname", "not a name"))
                    .startsWith("-ERR");
            two.ok(0, "CONFIG", "SET", "cluster-announce-hostname", "one.example.org");
            two.awaitLine(1, primary, "127.0.0.1:32150@32170,one.example.org master");
            two.ok(1, "CONFIG", "SET", "cluster-preferred-endpoint-type", "hostname");
            two.await(1, "-MOVED 15495 one.example.org:32150\r\n"::equals, "SET", "a", "1");
            two.ok(1, "CONFIG", "SET", "cluster-preferred-endpoint-type", "unknown-endpoint");
            two.await(1, "-MOVED 15495 :32150\r\n"::equals, "SET", "a", "1");
            two.ok(1, "CONFIG", "SET", "cluster-preferred-endpoint-type", "ip");
            two.ok(0, "CONFIG", "SET", "cluster-announce-port", "32199");
            two.awaitLine(1, primary, "127.0.0.1:32199@32170,one.example.org master");
            two.await(1, "-MOVED 15495 127.0.0.1:32199\r\n"::equals, "SET", "a", "1");
        }
    }
}

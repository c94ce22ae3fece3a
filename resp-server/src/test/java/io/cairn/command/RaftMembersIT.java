package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A shard of three nodes in three failure domains that others join and leave, come back to elsewhere, and are lost to. */
final class RaftMembersIT {
    private static final int FIRST_PORT = 27_000;
    private static final String LOST_MILLIS = "1500";
    private static final long WAIT_SECONDS = 30;
    private static final String REMOVED = "-CLUSTERDOWN This node was removed from its cluster\r\n";

    @TempDir
    private Path directory;

    private CliNodes nodes;
    /** Nodes that are not at 127.0.0.1, by port. */
    private final Map<Integer, String> hosts = new TreeMap<>();

    /** What a test waits for. */
    private interface Condition {
        boolean holds() throws IOException;
    }

    @BeforeEach
    void form() throws Exception {
        nodes = new CliNodes(directory);
        for (int port = FIRST_PORT; port < FIRST_PORT + 3; port++) {
            start(port);
        }
        assertThat(ask(FIRST_PORT, "cluster addslotsrange 0 16383")).isEqualTo("+OK\r\n");
        join(FIRST_PORT + 1);
        join(FIRST_PORT + 2);
        for (int port = FIRST_PORT; port < FIRST_PORT + 3; port++) {
            awaitRole(port, "cluster_shard_role", "leader|follower");
            awaitInfo(port, "cluster_meta_voters", "3");
        }
        await("a write", () -> write("key", "1"));
    }

    @AfterEach
    void stop() {
        nodes.close();
    }

    private void start(int port, String... settings) throws Exception {
        String[] all = new String[settings.length + 4];
        all[0] = "--cluster-lost-voter-timeout";
        all[1] = LOST_MILLIS;
        all[2] = "--appendfsync";
        all[3] = "no";
        System.arraycopy(settings, 0, all, 4, settings.length);
        nodes.start(Integer.toString(port), port, all);
    }

    /** Meets the cluster and follows its shard. */
    private void join(int port) throws Exception {
        assertThat(ask(port, "cluster meet 127.0.0.1 " + FIRST_PORT + " " + (FIRST_PORT + CliNodes.PORT_STEP)))
                .isEqualTo("+OK\r\n");
        follow(port);
    }

    private void follow(int port) throws Exception {
        await("node " + port + " is a replica", () -> {
            for (String line : bulk(ask(port, "cluster nodes")).lines().toList()) {
                if (line.contains("master") && line.contains(" connected 0-16383")) {
                    return ask(port, "cluster replicate " + line.substring(0, 40))
                            .equals("+OK\r\n");
                }
            }
            return false;
        });
    }

    private RespConnection connect(int port) throws IOException {
        return new RespConnection(hosts.getOrDefault(port, "127.0.0.1"), port);
    }

    /** Has a node come back with its data at another IP address, its bus and Raft ports changed, too. */
    private void moveTo(String host, int port, String... settings) throws Exception {
        hosts.put(port, host);
        List<String> all = new ArrayList<>(List.of(
                "--bind",
                host,
                "--cluster-port",
                Integer.toString(bus(port)),
                "--cluster-raft-port",
                Integer.toString(bus(port) + 10)));
        all.addAll(List.of(settings));
        start(port, all.toArray(new String[0]));
    }

    private static int bus(int port) {
        return port + 5 * CliNodes.PORT_STEP;
    }

    private String ask(int port, String line) throws IOException {
        try (RespConnection connection = connect(port)) {
            return connection.line(line);
        }
    }

    private static String bulk(String reply) {
        return reply.substring(reply.indexOf('\n') + 1);
    }

    private String id(int port) throws IOException {
        return bulk(ask(port, "cluster myid")).strip();
    }

    private static void await(String what, Condition condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        Exception last = null;
        while (true) {
            try {
                if (condition.holds()) {
                    return;
                }
                last = null;
            } catch (IOException e) {
                last = e;
            }
            assertThat(System.nanoTime()).as("%s; %s", what, last).isLessThan(deadline);
            Thread.sleep(20);
        }
    }

    private Map<String, String> info(int port) throws IOException {
        Map<String, String> lines = new TreeMap<>();
        bulk(ask(port, "cluster info"))
                .lines()
                .filter(line -> line.contains(":"))
                .forEach(line -> {
                    int colon = line.indexOf(':');
                    lines.put(
                            line.substring(0, colon), line.substring(colon + 1).strip());
                });
        return lines;
    }

    private void awaitRole(int port, String which, String pattern) throws Exception {
        await(
                which + " of " + port + " is " + pattern,
                () -> info(port).getOrDefault(which, "").matches(pattern));
    }

    private void awaitInfo(int port, String name, String value) throws Exception {
        await(
                name + " at " + port + " is " + value,
                () -> value.equals(info(port).get(name)));
    }

    /** The port of the shard's primary as the first node that knows it says. */
    private int primary(List<Integer> ports) throws IOException {
        for (int port : ports) {
            try (RespConnection connection = connect(port)) {
                String reply = connection.line("set probe 1");
                if (reply.equals("+OK\r\n")) {
                    return port;
                }
                if (reply.startsWith("-MOVED ")) {
                    return Integer.parseInt(
                            reply.substring(reply.lastIndexOf(':') + 1).strip());
                }
            } catch (java.net.ConnectException e) {
                // It is down; another may know.
            }
        }
        throw new IOException("nobody leads");
    }

    private boolean write(String key, String value) throws IOException {
        int to = primary(List.of(FIRST_PORT, FIRST_PORT + 1, FIRST_PORT + 2, FIRST_PORT + 3, FIRST_PORT + 4));
        return ask(to, "set " + key + " " + value).equals("+OK\r\n");
    }

    @Test
    void aReadReplicaNeverVotesUntilItIsToldTo() throws Exception {
        aPrimaryThatIsToldNotToVoteHandsOver();
        int reader = FIRST_PORT + 3;
        start(reader, "--cluster-replica-no-failover", "yes", "--cluster-replica-reads", "linearizable");
        join(reader);
        awaitRole(reader, "cluster_shard_role", "learner");
        awaitRole(reader, "cluster_meta_role", "learner");
        String line = id(reader) + " .*slave,nofailover .*";
        await(
                "it is shown",
                () -> bulk(ask(FIRST_PORT, "cluster nodes")).lines().anyMatch(each -> each.matches(line)));
        await("a write", () -> write("key", "2"));
        try (RespConnection connection = connect(reader)) {
            assertThat(connection.line("readonly")).isEqualTo("+OK\r\n");
            // Until the log has told it what its shard serves, it sends readers to the primary.
            await("it reads", () -> connection.line("get key").equals("$1\r\n2\r\n"));
            assertThat(connection.line("cluster failover")).startsWith("-ERR this replica has no vote");
        }
        // A voter is lost, and the only one to replace it never votes.
        int lost = primary(List.of(FIRST_PORT)) == FIRST_PORT + 2 ? FIRST_PORT + 1 : FIRST_PORT + 2;
        nodes.stop(lost);
        Thread.sleep(2L * Integer.parseInt(LOST_MILLIS));
        assertThat(info(reader)).containsEntry("cluster_shard_role", "learner");
        await("a write without it", () -> write("key", "3"));
        // Told to vote, it takes the place of the one that is lost, in the shard and in the meta group.
        assertThat(ask(reader, "config set cluster-replica-no-failover no")).isEqualTo("+OK\r\n");
        awaitRole(reader, "cluster_shard_role", "leader|follower");
        awaitRole(reader, "cluster_meta_role", "leader|follower");
        awaitInfo(reader, "cluster_shard_voters", "3");
        awaitInfo(reader, "cluster_shard_voters_alive", "3");
        // Who comes back finds its seat taken.
        start(lost);
        awaitRole(lost, "cluster_shard_role", "learner");
        await("it has what was written", () -> {
            try (RespConnection connection = connect(lost)) {
                connection.line("readonly");
                return connection.line("get key").equals("$1\r\n3\r\n");
            }
        });
    }

    private void aPrimaryThatIsToldNotToVoteHandsOver() throws Exception {
        int old = primary(List.of(FIRST_PORT));
        int voted = 0;
        assertThat(ask(old, "config set cluster-replica-no-failover yes")).isEqualTo("+OK\r\n");
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        // Nobody but a redirect says no meanwhile.
        int to = old;
        boolean learner = false;
        while (!learner) {
            String reply = ask(to, "incr counter");
            if (reply.startsWith("-MOVED ")) {
                to = Integer.parseInt(
                        reply.substring(reply.lastIndexOf(':') + 1).strip());
            } else {
                voted++;
                assertThat(reply).isEqualTo(":" + voted + "\r\n");
            }
            assertThat(System.nanoTime()).isLessThan(deadline);
            learner = "learner".equals(info(old).get("cluster_shard_role"));
        }
        assertThat(primary(List.of(FIRST_PORT))).isNotEqualTo(old);
        assertThat(ask(old, "config set cluster-replica-no-failover no")).isEqualTo("+OK\r\n");
        awaitRole(old, "cluster_shard_role", "leader|follower");
        awaitInfo(old, "cluster_shard_voters", "3");
    }

    @Test
    void nodesThatComeBackElsewhereAreFoundByTheirIds() throws Exception {
        int moved = FIRST_PORT + 2;
        String id = id(moved);
        nodes.stop(moved);
        moveTo("127.0.0.7", moved);
        assertThat(id(moved)).isEqualTo(id);
        awaitLines(1, id + " 127.0.0.7:" + moved + "@" + bus(moved) + " .* connected.*");
        awaitInfo(FIRST_PORT, "cluster_shard_voters_alive", "3");
        await("a write", () -> write("key", "2"));
        // It counts for a quorum there.
        nodes.stop(FIRST_PORT + 1);
        await("a write of two", () -> write("key", "3"));
        // And all at once.
        for (int port = FIRST_PORT; port < FIRST_PORT + 3; port++) {
            nodes.stop(port);
        }
        String seed = "127.0.0.8:" + FIRST_PORT + "@" + bus(FIRST_PORT);
        for (int port = FIRST_PORT; port < FIRST_PORT + 3; port++) {
            moveTo("127.0.0.8", port, "--cluster-seeds", seed);
        }
        await("a write", () -> write("key", "2"));
        awaitLines(3, ".* 127\\.0\\.0\\.8:.* connected.*");
    }

    /** So many lines of CLUSTER NODES are of this kind, at each of the three. */
    private void awaitLines(int count, String pattern) throws Exception {
        for (int port = FIRST_PORT; port < FIRST_PORT + 3; port++) {
            int at = port;
            await(
                    pattern + " at " + port,
                    () -> bulk(ask(at, "cluster nodes"))
                                    .lines()
                                    .filter(line -> line.matches(pattern))
                                    .count()
                            == count);
        }
    }

    @Test
    void whoWasRemovedWhileItWasAwayKnowsItAndServesNothing() throws Exception {
        int primary = primary(List.of(FIRST_PORT));
        int gone = primary == FIRST_PORT + 2 ? FIRST_PORT + 1 : FIRST_PORT + 2;
        String id = id(gone);
        nodes.stop(gone);
        await("it is forgotten", () -> ask(primary, "cluster forget " + id).equals("+OK\r\n"));
        awaitInfo(primary, "cluster_known_nodes", "2");
        awaitInfo(primary, "cluster_shard_voters", "2");
        // Its farewell is tried in vain; then its id is removed for good.
        Thread.sleep(1_500);
        String shardTerm = info(primary).getOrDefault("cluster_shard_term", "");
        start(gone);
        await("it knows", () -> ask(gone, "get key").equals(REMOVED));
        try (RespConnection connection = connect(gone)) {
            assertThat(connection.line("readonly")).isEqualTo("+OK\r\n");
            assertThat(connection.line("get key")).isEqualTo(REMOVED);
            assertThat(connection.line("set key 2")).isEqualTo(REMOVED);
            assertThat(connection.line("dbsize")).isEqualTo(":0\r\n");
            assertThat(connection.line("cluster info")).contains("cluster_state:fail");
        }
        assertThat(info(primary)).containsEntry("cluster_shard_term", shardTerm);
        assertThat(write("key", "2")).isTrue();
        assertThat(ask(gone, "cluster reset")).isEqualTo("+OK\r\n");
        await("it is another", () -> !id(gone).equals(id));
        join(gone);
        awaitRole(gone, "cluster_shard_role", "leader|follower");
        awaitInfo(gone, "cluster_shard_voters", "3");
    }
}

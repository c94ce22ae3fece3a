package io.cairn.command;

import static io.cairn.command.CliNodes.address;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** redis-cli's reshard, rebalance and fix, which move slots key by key, against nodes in raft mode. */
@Tag("long")
final class RedisCliSlotsIT {
    private static final int FIRST_PORT = 26_300;
    private static final int KEYS = 500;

    @TempDir
    Path directory;

    @Test
    void movesSlotsKeyByKey() throws Exception {
        Assumptions.assumeTrue(RedisProcess.available(), "redis-cli is not installed");
        try (CliNodes nodes = new CliNodes(directory)) {
            nodes.start(FIRST_PORT, 4);
            String create = nodes.cluster(
                            "create", address(FIRST_PORT), address(FIRST_PORT + 1), address(FIRST_PORT + 2))
                    .text();
            assertThat(create).contains("[OK] All 16384 slots covered.");
            RedisCliCreateIT.awaitOk(nodes, FIRST_PORT);
            int fourth = FIRST_PORT + 3;
            assertThat(nodes.cluster("add-node", address(fourth), address(FIRST_PORT))
                            .text())
                    .contains("[OK] New node added correctly.");
            RedisCliNodesIT.awaitLine(nodes, FIRST_PORT, nodes.at(fourth, "cluster", "myid") + ".* master .*");
            for (int i = 0; i < KEYS; i++) {
                write(i, "first");
            }
            opensByHand(nodes);
            keepsItsWordForAKeyWhoseWhereaboutsAreUnknown(nodes);
            knowsHowManyKeysSlotsHave(nodes);
            reshards(nodes, fourth);
            fixes(nodes);
        }
    }

    private static int port(String line) {
        return Integer.parseInt(line.substring(line.lastIndexOf(':') + 1).strip());
    }

    private static void write(int i, String value) throws Exception {
        assertThat(follow("set key" + i + " " + value)).isEqualTo("+OK\r\n");
    }

    private static void allThere(String value) throws Exception {
        for (int i = 0; i < KEYS; i++) {
            assertThat(follow("get key" + i)).as("key" + i).isEqualTo("$" + value.length() + "\r\n" + value + "\r\n");
        }
    }

    /** A busy machine makes gossip suspect a node for a moment: nobody is sent there then. */
    private static String follow(String line) throws Exception {
        long deadline = System.nanoTime() + 20_000_000_000L;
        String reply = "";
        while (reply.isEmpty() || (reply.startsWith("-CLUSTERDOWN") && System.nanoTime() < deadline)) {
            int at = FIRST_PORT;
            for (int hop = 0; hop < 3 && (hop == 0 || reply.startsWith("-MOVED")); hop++) {
                try (RespConnection to = new RespConnection(at)) {
                    reply = to.line(line);
                }
                at = reply.startsWith("-MOVED") ? port(reply) : at;
            }
        }
        return reply;
    }

    /** What Redis's replies are while a slot is on its way. */
    private static void opensByHand(CliNodes nodes) throws Exception {
        int source = FIRST_PORT;
        int target = FIRST_PORT + 1;
        String from = nodes.at(source, "cluster", "myid");
        String to = nodes.at(target, "cluster", "myid");
        String slot = "2022";
        String key = keyOf(Integer.parseInt(slot));
        assertThat(nodes.at(source, "set", key, "here")).isEqualTo("OK");
        assertThat(nodes.at(source, "cluster", "setslot", slot, "importing", to))
                .isEqualTo("ERR I'm already the owner of hash slot " + slot);
        assertThat(nodes.at(target, "cluster", "setslot", slot, "migrating", from))
                .isEqualTo("ERR I'm not the owner of hash slot " + slot);
        assertThat(nodes.at(target, "cluster", "setslot", slot, "importing", from))
                .isEqualTo("OK");
        assertThat(nodes.at(source, "cluster", "setslot", slot, "migrating", to))
                .isEqualTo("OK");
        String absent = "{" + key + "}absent";
        assertThat(nodes.at(source, "get", key)).isEqualTo("here");
        assertThat(nodes.at(source, "get", absent)).isEqualTo("ASK " + slot + " 127.0.0.1:" + target);
        assertThat(nodes.at(source, "set", absent, "v")).isEqualTo("ASK " + slot + " 127.0.0.1:" + target);
        assertThat(nodes.at(source, "mget", key, absent)).startsWith("TRYAGAIN Multiple keys");
        assertThat(nodes.at(target, "get", key)).isEqualTo("MOVED " + slot + " 127.0.0.1:" + source);
        try (RespConnection asking = new RespConnection(target)) {
            assertThat(asking.line("asking")).isEqualTo("+OK\r\n");
            assertThat(asking.line("set " + absent + " v")).isEqualTo("+OK\r\n");
            assertThat(asking.line("set " + absent + " v")).startsWith("-MOVED");
        }
        scriptsOnAnOpenSlot(nodes, source, target, key, absent);
        blocksOnAnOpenSlot(source, target, key, absent);
        assertThat(nodes.at(source, "cluster", "nodes")).contains("[" + slot + "->-" + to + "]");
        assertThat(nodes.at(target, "cluster", "nodes")).contains("[" + slot + "-<-" + from + "]");
        assertThat(nodes.at(source, "cluster", "setslot", slot, "node", to))
                .isEqualTo("ERR Can't assign hashslot " + slot
                        + " to a different node while I still hold keys for this hash slot.");
        assertThat(nodes.at(target, "cluster", "setslot", slot, "node", to)).contains("still holds keys");
        assertThat(nodes.at(source, "get", absent))
                .as("the slot has a new epoch, and is as open as before")
                .isEqualTo("ASK " + slot + " 127.0.0.1:" + target);
        assertThat(nodes.at(source, "migrate", "127.0.0.1", "" + target, key, "0", "5000"))
                .isEqualTo("OK");
        assertThat(nodes.at(target, "cluster", "setslot", slot, "node", to)).isEqualTo("OK");
        assertThat(nodes.at(source, "cluster", "setslot", slot, "node", to)).isEqualTo("OK");
        assertThat(nodes.at(target, "mget", key, absent)).isEqualTo("here\nv!");
        assertThat(nodes.at(source, "get", key)).isEqualTo("MOVED " + slot + " 127.0.0.1:" + target);
    }

    private static void scriptsOnAnOpenSlot(CliNodes nodes, int source, int target, String key, String absent)
            throws Exception {
        String get = "return redis.call('get',KEYS[1])";
        assertThat(nodes.at(source, "eval", get, "1", key)).isEqualTo("here");
        assertThat(nodes.at(source, "eval", get, "1", "{" + key + "}none")).startsWith("ASK ");
        assertThat(nodes.at(source, "eval", get, "2", key, absent)).startsWith("TRYAGAIN ");
        assertThat(nodes.at(
                        source,
                        "eval",
                        "redis.call('set',KEYS[1],'x') return redis.call('set',KEYS[1],'here')",
                        "1",
                        key))
                .isEqualTo("OK");
        assertThat(nodes.at(source, "eval", "return redis.call('set','{" + key + "}new','x')", "1", key))
                .contains("non local key");
        assertThat(nodes.at(target, "eval", get, "1", absent)).startsWith("MOVED ");
        try (RespConnection asking = new RespConnection(target)) {
            assertThat(asking.line("asking")).isEqualTo("+OK\r\n");
            assertThat(asking.run("eval", "return redis.call('append',KEYS[1],'!')", "1", absent))
                    .isEqualTo(":2\r\n");
        }
    }

    private static void blocksOnAnOpenSlot(int source, int target, String key, String absent) throws Exception {
        try (RespConnection at = new RespConnection(source)) {
            assertThat(at.line("multi")).isEqualTo("+OK\r\n");
            assertThat(at.line("get " + key)).isEqualTo("+QUEUED\r\n");
            assertThat(at.line("exec")).isEqualTo("*1\r\n$4\r\nhere\r\n");
            assertThat(at.line("watch " + absent)).startsWith("-ASK ");
            assertThat(at.line("multi")).isEqualTo("+OK\r\n");
            assertThat(at.line("set " + absent + " w")).startsWith("-ASK ");
            assertThat(at.line("exec")).startsWith("-EXECABORT");
        }
        try (RespConnection asking = new RespConnection(target)) {
            assertThat(asking.line("asking")).isEqualTo("+OK\r\n");
            assertThat(asking.line("multi")).isEqualTo("+OK\r\n");
            assertThat(asking.line("strlen " + absent)).isEqualTo("+QUEUED\r\n");
            assertThat(asking.line("mget " + key + " " + absent)).startsWith("-TRYAGAIN");
            assertThat(asking.line("discard")).isEqualTo("+OK\r\n");
            assertThat(asking.line("get " + absent)).as("DISCARD ends it").startsWith("-MOVED");
            assertThat(asking.line("asking")).isEqualTo("+OK\r\n");
            assertThat(asking.line("multi")).isEqualTo("+OK\r\n");
            assertThat(asking.line("exists " + absent)).isEqualTo("+QUEUED\r\n");
            assertThat(asking.line("exists " + absent)).isEqualTo("+QUEUED\r\n");
            assertThat(asking.line("exec")).isEqualTo("*2\r\n:1\r\n:1\r\n");
            assertThat(asking.line("get " + absent)).startsWith("-MOVED");
        }
    }

    /** SAFETY 17: the target has the key, and its answer is lost. */
    private static void keepsItsWordForAKeyWhoseWhereaboutsAreUnknown(CliNodes nodes) throws Exception {
        int source = FIRST_PORT;
        int target = FIRST_PORT + 1;
        String from = nodes.at(source, "cluster", "myid");
        String to = nodes.at(target, "cluster", "myid");
        String key = keyOf(2023);
        String second = "{" + key + "}second";
        assertThat(nodes.at(source, "mset", key, "old", second, "old")).isEqualTo("OK");
        assertThat(nodes.at(target, "cluster", "setslot", "2023", "importing", from))
                .isEqualTo("OK");
        assertThat(nodes.at(source, "cluster", "setslot", "2023", "migrating", to))
                .isEqualTo("OK");
        try (LostAnswers proxy = new LostAnswers(target)) {
            assertThat(nodes.at(
                            source, "migrate", "127.0.0.1", "" + proxy.port(), "", "0", "2000", "keys", key, second))
                    .startsWith("IOERR");
        }
        assertThat(nodes.at(target, "cluster", "getkeysinslot", "2023", "10").lines())
                .hasSize(2);
        assertThat(nodes.at(target, "cluster", "countkeysinslot", "2023"))
                .as("redis-cli would take it for an owner")
                .isEqualTo("0");
        // Whatever the target has, it is the source that answers.
        assertThat(nodes.at(source, "del", key)).isEqualTo("1");
        assertThat(nodes.at(source, "get", key)).isEmpty();
        assertThat(nodes.at(source, "set", second, "new")).isEqualTo("OK");
        assertThat(nodes.at(source, "cluster", "getkeysinslot", "2023", "10"))
                .contains(key)
                .contains(second);
        assertThat(nodes.at(target, "cluster", "setslot", "2023", "node", to)).contains("still holds keys");
        assertThat(nodes.at(source, "migrate", "127.0.0.1", "" + target, "", "0", "5000", "keys", key, second))
                .isEqualTo("OK");
        assertThat(nodes.at(source, "get", key)).startsWith("ASK 2023");
        assertThat(nodes.at(source, "cluster", "countkeysinslot", "2023")).isEqualTo("0");
        assertThat(nodes.at(target, "cluster", "setslot", "2023", "node", to)).isEqualTo("OK");
        assertThat(nodes.at(target, "mget", key, second)).isEqualTo("new");
        assertThat(nodes.at(source, "get", key)).startsWith("MOVED 2023");
    }

    private static void knowsHowManyKeysSlotsHave(CliNodes nodes) throws Exception {
        int port = FIRST_PORT + 1;
        assertThat(nodes.at(port, "cluster", "slot-stats", "slotsrange", "2023", "2024"))
                .isEqualTo("2023\nkey-count\n1");
        assertThat(nodes.at(port, "cluster", "slot-stats", "orderby", "key-count", "limit", "2", "asc")
                        .lines())
                .hasSize(6);
        assertThat(nodes.at(port, "cluster", "slot-stats", "orderby", "cpu-usec"))
                .isEqualTo("ERR Unrecognized sort metric for ORDERBY.");
    }

    /** Passes on what it gets; when the other side has answered it closes the connection without a word of it. */
    private static final class LostAnswers implements AutoCloseable {
        private final java.net.ServerSocket server =
                new java.net.ServerSocket(0, 10, java.net.InetAddress.getLoopbackAddress());
        private final int to;

        LostAnswers(int to) throws java.io.IOException {
            this.to = to;
            Thread thread = new Thread(this::run, "lost-answers");
            thread.setDaemon(true);
            thread.start();
        }

        int port() {
            return server.getLocalPort();
        }

        private void run() {
            while (!server.isClosed()) {
                try (java.net.Socket from = server.accept();
                        java.net.Socket other = new java.net.Socket(java.net.InetAddress.getLoopbackAddress(), to)) {
                    Thread forth = new Thread(() -> pass(from, other), "forth");
                    forth.setDaemon(true);
                    forth.start();
                    // SELECT is answered; then comes one answer for each of the two keys.
                    int ok = "+OK\r\n".length();
                    from.getOutputStream().write(other.getInputStream().readNBytes(ok));
                    other.getInputStream().readNBytes(2 * ok);
                } catch (java.io.IOException e) {
                    // The next one may fare better.
                }
            }
        }

        private static void pass(java.net.Socket from, java.net.Socket to) {
            try {
                from.getInputStream().transferTo(to.getOutputStream());
            } catch (java.io.IOException e) {
                // One of them was closed.
            }
        }

        @Override
        public void close() throws java.io.IOException {
            server.close();
        }
    }

    private static String keyOf(int slot) {
        for (int i = 0; ; i++) {
            String key = "k" + i;
            if (io.cairn.keyspace.Slots.of(key.getBytes(java.nio.charset.StandardCharsets.US_ASCII)) == slot) {
                return key;
            }
        }
    }

    private static void reshards(CliNodes nodes, int fourth) throws Exception {
        String to = nodes.at(fourth, "cluster", "myid");
        for (int port = FIRST_PORT; port <= fourth; port++) {
            RedisCliCreateIT.awaitOk(nodes, port);
        }
        CliNodes.Said said = nodes.cluster(
                "reshard", address(FIRST_PORT), "--cluster-from", "all", "--cluster-to", to, "--cluster-slots", "60");
        assertThat(said.text()).doesNotContain("ERR");
        assertThat(said.exit()).as(said.text()).isZero();
        RedisCliCreateIT.awaitOk(nodes, FIRST_PORT);
        allThere("first");
        CliNodes.Said check = nodes.cluster("check", address(fourth));
        assertThat(check.text())
                .containsPattern("\\((59|60) slots\\) master")
                .contains("[OK] All 16384 slots covered.");
    }

    private static void fixes(CliNodes nodes) throws Exception {
        String from = nodes.at(FIRST_PORT, "cluster", "myid");
        String to = nodes.at(FIRST_PORT + 1, "cluster", "myid");
        assertThat(nodes.at(FIRST_PORT + 1, "cluster", "setslot", "3000", "importing", from))
                .isEqualTo("OK");
        assertThat(nodes.at(FIRST_PORT, "cluster", "setslot", "3000", "migrating", to))
                .isEqualTo("OK");
        assertThat(nodes.cluster("fix", address(FIRST_PORT)).text()).contains("[OK] All 16384 slots covered.");
        assertThat(nodes.at(FIRST_PORT, "cluster", "delslots", "3001")).isEqualTo("OK");
        assertThat(nodes.cluster("fix", address(FIRST_PORT + 2)).text()).contains("Covering slot 3001");
        CliNodes.Said check = nodes.cluster("check", address(FIRST_PORT + 2));
        assertThat(check.text()).contains("[OK] All 16384 slots covered.").doesNotContain("are open");
        allThere("first");
    }
}

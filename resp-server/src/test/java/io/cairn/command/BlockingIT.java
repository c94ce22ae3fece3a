package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that wait hear from a standalone node what they hear from redis-server, scenario by scenario. */
class BlockingIT {
    private static final int WAITERS = 200;

    @TempDir
    private Path directory;

    /** Where the node is that takes writes. */
    @FunctionalInterface
    interface Primary {
        int port() throws Exception;
    }

    /** The scenarios whose clients hear different things. What a change of the primary disturbed is played again. */
    static List<String> differences(int redis, Primary cairn, boolean cluster) throws Exception {
        List<String> differences = new ArrayList<>();
        for (BlockingScenario scenario : BlockingScenario.all()) {
            if (cluster && scenario.standaloneOnly()) {
                continue;
            }
            List<String> theirs = scenario.play(redis);
            List<String> ours = List.of();
            int before;
            do {
                before = cairn.port();
                try {
                    ours = scenario.play(before);
                } catch (AssertionError e) {
                    ours = List.of(e.toString());
                }
            } while (!ours.equals(theirs) && cairn.port() != before);
            if (!ours.equals(theirs)) {
                int at = 0;
                while (at < Math.min(ours.size(), theirs.size()) && ours.get(at).equals(theirs.get(at))) {
                    at++;
                }
                differences.add(scenario.name() + ": redis-server " + theirs.subList(at, theirs.size()) + ", Cairn "
                        + ours.subList(at, ours.size()));
            }
        }
        return differences;
    }

    @Test
    void scenariosAreThoseOfRedis() throws Exception {
        assumeTrue(RedisProcess.available(), "no redis-server on this machine to compare with");
        try (RedisProcess redis = RedisProcess.start(directory);
                CairnServer cairn = CairnServer.start(directory.resolve("cairn"))) {
            assertThat(differences(redis.port, () -> cairn.port, false)).isEmpty();
        }
    }

    /** What waiting clients took is in the log before they hear of it, and taken again when the log is loaded. */
    @Test
    void whatWaitingClientsTookIsLogged() throws Exception {
        Path home = directory.resolve("logged");
        String[] options = {"--appendonly", "yes", "--appendfsync", "always"};
        int port = RedisProcess.freePort();
        String digest;
        try (CairnServer cairn = CairnServer.start(port, home, options);
                RespConnection control = cairn.connect();
                RespConnection a = cairn.connect();
                RespConnection b = cairn.connect();
                RespConnection c = cairn.connect()) {
            control.line("xgroup create s g $ mkstream");
            send(a, "blmove l m left right 0");
            send(b, "bzmpop 0 2 y z max count 2");
            send(c, "xreadgroup group g alice block 0 streams s >");
            BlockingScenario.awaitBlocked(control, 3);
            control.line("rpush l 1 2");
            control.line("zadd z 1 a 2 b 3 c");
            control.line("xadd s 1-1 f v");
            assertThat(a.receive()).isEqualTo("$1\r\n1\r\n");
            assertThat(b.receive()).contains("\r\nc\r\n").contains("\r\nb\r\n");
            assertThat(c.receive()).contains("1-1");
            digest = control.line("debug digest");
        }
        try (CairnServer cairn = CairnServer.start(port, home, options);
                RespConnection control = cairn.connect()) {
            assertThat(control.line("lrange m 0 -1")).isEqualTo("*1\r\n$1\r\n1\r\n");
            assertThat(control.line("zcard z")).isEqualTo(":1\r\n");
            assertThat(control.line("debug digest")).isEqualTo(digest);
        }
    }

    /** Many wait for one key: all are served by one push, in their order. */
    @Test
    void manyWaitForOneKey() throws Exception {
        try (CairnServer cairn = CairnServer.start(directory.resolve("many"));
                RespConnection control = cairn.connect()) {
            serveMany(cairn.port, control);
        }
    }

    /** So many clients wait, are served by one push in their order, and leave nothing behind. */
    static void serveMany(int port, RespConnection control) throws Exception {
        List<RespConnection> waiters = new ArrayList<>();
        List<String> push = new ArrayList<>(List.of("rpush", "{t}many"));
        try {
            for (int i = 0; i < WAITERS; i++) {
                RespConnection waiter = new RespConnection(port);
                waiters.add(waiter);
                send(waiter, "blpop {t}none {t}many 0");
                BlockingScenario.awaitBlocked(control, i + 1);
                push.add(Integer.toString(i));
            }
            assertThat(control.run(push.toArray(new String[0]))).isEqualTo(":" + WAITERS + "\r\n");
            assertThat(control.line("exists {t}many")).isEqualTo(":0\r\n");
            for (int i = 0; i < WAITERS; i++) {
                assertThat(waiters.get(i).receive()).endsWith("\r\n" + i + "\r\n");
            }
            BlockingScenario.awaitBlocked(control, 0);
        } finally {
            for (RespConnection waiter : waiters) {
                waiter.close();
            }
        }
    }

    static void send(RespConnection client, String line) throws Exception {
        List<byte[]> words = new ArrayList<>();
        for (String word : line.split(" ", -1)) {
            words.add(word.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
        }
        client.send(words);
    }
}

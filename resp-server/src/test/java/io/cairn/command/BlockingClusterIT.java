package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cairn.config.Config;
import io.cairn.server.CairnProcess;
import io.cairn.server.NodeKinds;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that wait at a shard of three replicas: they hear what they hear from redis-server, and what becomes of them when another node leads. */
class BlockingClusterIT {
    private static final int FIRST_PORT = 20_791;
    private static final int NODES = 3;
    private static final String DEPOSED =
            "-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)\r\n";
    private static final int CONSUMERS = 8;
    private static final int FAILOVERS = 3;

    @TempDir
    private static Path directory;

    private static CairnProcess process;

    @BeforeAll
    static void form() throws Exception {
        List<String> words = new ArrayList<>(List.of(
                "--port",
                ports(0),
                "--dir",
                directory.resolve("cluster").toString(),
                "--bind",
                "127.0.0.1",
                "--cluster-enabled",
                "yes",
                "--cluster-consensus",
                "raft",
                // Whoever waits is told when leadership moves: not because a machine is busy.
                "--cluster-election-timeout",
                "2000",
                "--cluster-port",
                ports(NODES),
                "--cluster-raft-port",
                ports(2 * NODES),
                "--cluster-seeds",
                "127.0.0.1:" + FIRST_PORT + "@" + (FIRST_PORT + NODES)));
        java.nio.file.Files.createDirectories(directory.resolve("cluster"));
        Config config = Config.load(null, words);
        process = new CairnProcess(config, NodeKinds.of(config));
        process.start();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        String answer = "";
        while (!answer.equals("+OK\r\n") && !answer.startsWith("-ERR This node is already in cluster")) {
            assertThat(System.nanoTime()).as(answer).isLessThan(deadline);
            Thread.sleep(100);
            try (RespConnection first = new RespConnection(FIRST_PORT)) {
                answer = first.line("cairn form 2 shared 127.0.0.1:" + FIRST_PORT + " 127.0.0.1:" + (FIRST_PORT + 1)
                        + " 127.0.0.1:" + (FIRST_PORT + 2));
            } catch (SocketTimeoutException e) {
                answer = "it takes long";
            }
        }
        while (!serves(leader())) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(50);
        }
    }

    private static String ports(int from) {
        return (FIRST_PORT + from) + "," + (FIRST_PORT + from + 1) + "," + (FIRST_PORT + from + 2);
    }

    private static boolean serves(int port) throws Exception {
        try (RespConnection client = new RespConnection(port)) {
            return client.line("del {t}none").startsWith(":");
        }
    }

    /** The port of the node that takes writes. */
    private static int leader() throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (true) {
            for (int port = FIRST_PORT; port < FIRST_PORT + NODES; port++) {
                if (serves(port)) {
                    return port;
                }
            }
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(20);
        }
    }

    @AfterAll
    static void stop() {
        if (process != null) {
            process.close();
        }
    }

    @Test
    void scenariosAreThoseOfRedis() throws Exception {
        assumeTrue(RedisProcess.available(), "no redis-server on this machine to compare with");
        try (RedisProcess redis = RedisProcess.start(directory)) {
            assertThat(BlockingIT.differences(redis.port, BlockingClusterIT::leader, true))
                    .isEmpty();
        }
    }

    @Test
    void manyWaitForOneKey() throws Exception {
        int leader = leader();
        try (RespConnection control = new RespConnection(leader)) {
            BlockingIT.serveMany(leader, control);
        }
    }

    /** Makes another node lead; answers its port. */
    private static int failOver(int from) throws Exception {
        int to = from == FIRST_PORT ? FIRST_PORT + 1 : FIRST_PORT;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (true) {
            try (RespConnection replica = new RespConnection(to)) {
                replica.line("cluster failover");
            }
            for (int i = 0; i < 100; i++) {
                if (serves(to)) {
                    return to;
                }
                Thread.sleep(10);
            }
            assertThat(System.nanoTime()).isLessThan(deadline);
        }
    }

    @Test
    void whoWaitsIsToldWhenTheNodeLeadsNoMore() throws Exception {
        int leader = leader();
        try (RespConnection control = new RespConnection(leader);
                RespConnection a = new RespConnection(leader);
                RespConnection b = new RespConnection(leader);
                RespConnection c = new RespConnection(leader)) {
            control.line("flushall");
            control.line("xgroup create {t}s g $ mkstream");
            BlockingIT.send(a, "blpop {t}l 0");
            BlockingIT.send(b, "xread block 0 streams {t}s $");
            BlockingIT.send(c, "xreadgroup group g alice block 0 streams {t}s >");
            BlockingScenario.awaitBlocked(control, 3);
            int next = failOver(leader);
            for (RespConnection told : List.of(a, b, c)) {
                assertThat(told.receive()).isEqualTo(DEPOSED);
                assertThat(closed(told)).isTrue();
            }
            BlockingScenario.awaitBlocked(control, 0);
            assertThat(control.line("blpop {t}l 0")).startsWith("-MOVED ").contains(":" + next + "\r\n");
            try (RespConnection waiter = new RespConnection(next);
                    RespConnection writer = new RespConnection(next);
                    RespConnection reader = new RespConnection(leader)) {
                BlockingIT.send(waiter, "blpop {t}l 0");
                BlockingScenario.awaitBlocked(writer, 1);
                assertThat(reader.line("readonly")).isEqualTo("+OK\r\n");
                BlockingIT.send(reader, "xread block 0 streams {t}s $");
                BlockingScenario.awaitBlocked(control, 1);
                assertThat(writer.line("rpush {t}l x")).isEqualTo(":1\r\n");
                assertThat(waiter.receive()).endsWith("\r\nx\r\n");
                writer.line("xadd {t}s 5-5 f v");
                assertThat(reader.receive()).contains("5-5");
            }
        }
    }

    private static boolean closed(RespConnection client) {
        try {
            client.receive();
            return false;
        } catch (IOException e) {
            return e instanceof EOFException || e instanceof SocketException;
        }
    }

    /** Through failovers nobody gets what somebody else got, and nothing is lost but with a connection that broke while it waited. */
    @Test
    void elementsAreTakenOnce() throws Exception {
        try (RespConnection control = new RespConnection(leader())) {
            control.line("flushall");
        }
        AtomicBoolean running = new AtomicBoolean(true);
        ConcurrentLinkedQueue<String> taken = new ConcurrentLinkedQueue<>();
        AtomicInteger broken = new AtomicInteger();
        List<Thread> consumers = new ArrayList<>();
        for (int i = 0; i < CONSUMERS; i++) {
            Thread consumer = new Thread(() -> consume(running, taken, broken), "consumer");
            consumer.start();
            consumers.add(consumer);
        }
        List<String> pushed = new ArrayList<>();
        Set<String> unsure = new HashSet<>();
        int next = 0;
        for (int round = 0; round <= FAILOVERS; round++) {
            int leader = leader();
            try (RespConnection producer = new RespConnection(leader)) {
                for (int i = 0; i < 200; i++) {
                    String element = Integer.toString(next++);
                    if (producer.line("lpush {t}queue " + element).startsWith(":")) {
                        pushed.add(element);
                    } else {
                        unsure.add(element);
                    }
                }
            }
            if (round < FAILOVERS) {
                failOver(leader);
            }
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (taken.size() + broken.get() < pushed.size() && System.nanoTime() < deadline) {
            Thread.sleep(20);
        }
        running.set(false);
        for (Thread consumer : consumers) {
            consumer.join(TimeUnit.SECONDS.toMillis(30));
        }
        List<String> all = new ArrayList<>(taken);
        assertThat(new HashSet<>(all)).as("taken once").hasSameSizeAs(all);
        List<String> missing = new ArrayList<>(pushed);
        missing.removeAll(new HashSet<>(all));
        assertThat(missing).as("taken by connections that broke").hasSizeLessThanOrEqualTo(broken.get());
        all.removeAll(new HashSet<>(pushed));
        assertThat(all).as("taken, never pushed").isSubsetOf(unsure);
        assertThat(pushed).hasSizeGreaterThan(FAILOVERS * 200 - CONSUMERS);
    }

    private static void consume(AtomicBoolean running, ConcurrentLinkedQueue<String> taken, AtomicInteger broken) {
        while (running.get()) {
            try (RespConnection client = new RespConnection(leader())) {
                String reply = "";
                while (running.get() && !reply.startsWith("-")) {
                    reply = client.line("brpop {t}queue 0.5");
                    if (reply.startsWith("*2")) {
                        taken.add(
                                String.valueOf(((List<?>) Objects.requireNonNull(RespConnection.parse(reply))).get(1)));
                    } else if (reply.startsWith("-UNKNOWNOUTCOME")) {
                        broken.incrementAndGet();
                    }
                }
            } catch (Exception e) {
                broken.incrementAndGet();
            }
        }
    }
}

package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.resp.RawClient;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replication where something is short: a disk that takes no snapshot, a follower that does not read, clients that are paused. */
class ReplicationLimitsIT {
    private static final long WAIT_NANOS = 30_000_000_000L;
    private static final int LARGE_BYTES = 1 << 20;
    /** More than the kernel takes for a socket that nobody reads. */
    private static final int LARGE_VALUES = 24;

    @TempDir
    private Path directory;

    private static void eventually(String what, Callable<Boolean> holds) throws Exception {
        long end = System.nanoTime() + WAIT_NANOS;
        while (!holds.call()) {
            assertThat(System.nanoTime()).as(what).isLessThan(end);
            LockSupport.parkNanos(2_000_000);
        }
    }

    @Test
    void whoLeadsBeforeItsLogHasThePrimarysDataTakesNoWrites() throws Exception {
        Path own = directory.resolve("two");
        try (CairnServer one = CairnServer.start(directory.resolve("one"), "--repl-diskless-sync-delay", "0");
                RespConnection primary = one.connect()) {
            int port = RedisProcess.freePort();
            primary.run("set", "k", "of the primary");
            try (CairnServer two = CairnServer.start(port, own, "--appendonly", "yes");
                    RespConnection replica = two.connect()) {
                replica.run("set", "k", "of before");
                Path log = own.resolve(port + "/shard");
                Path away = own.resolve(port + "/shard.away");
                Files.move(log, away); // As good as a full disk: no snapshot can be begun.
                replica.run("replicaof", "127.0.0.1", "" + one.port);
                eventually("the data is there", () -> replica.run("get", "k").contains("of the primary"));
                // While the next try loads the data it is refused, as in Redis.
                eventually(
                        "it leads", () -> replica.run("replicaof", "no", "one").equals("+OK\r\n"));
                assertThat(replica.run("set", "k", "lost at the next start")).startsWith("-MISCONF");
                assertThat(replica.run("multi")).isEqualTo("+OK\r\n");
                replica.run("incr", "n");
                assertThat(replica.run("exec")).startsWith("-EXECABORT");
                Files.move(away, log);
                eventually(
                        "the log is rewritten",
                        () -> replica.run("set", "after", "v").equals("+OK\r\n"));
                two.stop();
            }
            try (CairnServer two = CairnServer.start(port, own, "--appendonly", "yes");
                    RespConnection again = two.connect()) {
                assertThat(again.run("get", "k")).isEqualTo("$14\r\nof the primary\r\n");
                assertThat(again.run("get", "after")).isEqualTo("$1\r\nv\r\n");
            }
        }
    }

    /** Reads the answer to PSYNC and the file behind it, and says at which position that is. */
    private static long receiveData(InputStream in) throws Exception {
        String answer = lineOfText(in);
        assertThat(answer).startsWith("+FULLRESYNC");
        String head = lineOfText(in);
        in.skipNBytes(Long.parseLong(head.substring(1)));
        return Long.parseLong(answer.split(" ", -1)[2]);
    }

    /** Without the empty lines by which a primary that prepares its data says that it lives. */
    private static String lineOfText(InputStream in) throws Exception {
        String line = line(in);
        while (line.isEmpty()) {
            line = line(in);
        }
        return line;
    }

    private static String line(InputStream in) throws Exception {
        StringBuilder text = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            assertThat(c).isNotNegative();
            text.append((char) c);
        }
        return text.toString().strip();
    }

    private static void say(Socket follower, String... words) throws Exception {
        follower.getOutputStream().write(RawClient.request(words));
    }

    @Test
    void whatAFollowerAcknowledgesIsReadWhileItDoesNotRead() throws Exception {
        try (CairnServer one = CairnServer.start(directory.resolve("one"), "--repl-ping-replica-period", "3600");
                RespConnection primary = one.connect();
                Socket follower = new Socket(InetAddress.getLoopbackAddress(), one.port)) {
            say(follower, "PSYNC", "?", "-1");
            receiveData(follower.getInputStream());
            String large = "v".repeat(LARGE_BYTES);
            for (int i = 0; i < LARGE_VALUES; i++) {
                assertThat(primary.run("set", "k" + i, large)).isEqualTo("+OK\r\n");
            }
            say(follower, "REPLCONF", "ACK", "1000000000");
            assertThat(primary.run("wait", "1", "10000")).isEqualTo(":1\r\n");
        }
    }

    @Test
    void oneThatGoesOnGetsAllOfALargeBacklogWhateverTheOutputLimit() throws Exception {
        try (CairnServer one = CairnServer.start(
                        directory.resolve("one"),
                        "--repl-ping-replica-period",
                        "3600",
                        "--repl-backlog-size",
                        "64mb",
                        "--client-output-buffer-limit",
                        "replica 1mb 0 0");
                RespConnection primary = one.connect()) {
            long position;
            try (Socket follower = new Socket(InetAddress.getLoopbackAddress(), one.port)) {
                say(follower, "PSYNC", "?", "-1");
                position = receiveData(follower.getInputStream());
            }
            String large = "v".repeat(LARGE_BYTES);
            for (int i = 0; i < LARGE_VALUES; i++) {
                primary.run("set", "k" + i, large);
            }
            String id = primary.run("info", "replication").replaceAll("(?s).*master_replid:([0-9a-f]{40}).*", "$1");
            try (Socket follower = new Socket(InetAddress.getLoopbackAddress(), one.port)) {
                say(follower, "PSYNC", id, "" + (position + 1));
                InputStream in = follower.getInputStream();
                assertThat(line(in)).isEqualTo("+CONTINUE");
                in.skipNBytes((long) LARGE_BYTES * LARGE_VALUES);
            }
        }
    }

    @Test
    void nothingExpiresWhileWritesArePaused() throws Exception {
        try (CairnServer one = CairnServer.start(directory.resolve("one"), "--repl-ping-replica-period", "3600");
                RespConnection primary = one.connect();
                Socket follower = new Socket(InetAddress.getLoopbackAddress(), one.port)) {
            say(follower, "PSYNC", "?", "-1");
            receiveData(follower.getInputStream());
            primary.run("set", "k", "v", "px", "500");
            primary.run("set", "l", "v", "px", "500");
            primary.run("client", "pause", "60000", "write");
            eventually("hidden", () -> primary.run("get", "k").equals("$-1\r\n"));
            LockSupport.parkNanos(
                    400_000_000); // Several rounds of the expiry cycle; that none deletes is what is shown.
            assertThat(primary.run("dbsize")).isEqualTo(":2\r\n");
            primary.run("client", "unpause");
            eventually("deleted", () -> primary.run("dbsize").equals(":0\r\n"));
        }
    }

    @Test
    void nothingIsLeftOfAFullSyncThatFailed() throws Exception {
        try (CairnServer one = CairnServer.start(directory.resolve("one"), "--repl-diskless-sync", "no");
                RespConnection primary = one.connect();
                Socket follower = new Socket(InetAddress.getLoopbackAddress(), one.port)) {
            String large = "v".repeat(LARGE_BYTES);
            for (int i = 0; i < LARGE_VALUES; i++) {
                primary.run("set", "k" + i, large);
            }
            say(follower, "PSYNC", "?", "-1");
            InputStream in = follower.getInputStream();
            assertThat(line(in)).startsWith("+FULLRESYNC");
            String head = "";
            while (head.isEmpty()) {
                head = line(in);
            }
            assertThat(head).startsWith("$");
            Path own = directory.resolve("one/" + one.port);
            try (var files = Files.list(own)) {
                assertThat(files.map(file -> file.getFileName().toString()))
                        .as("as kill -9 would leave it, with the data on its way")
                        .noneMatch(name -> name.endsWith(".rdb"));
            }
        }
    }
}

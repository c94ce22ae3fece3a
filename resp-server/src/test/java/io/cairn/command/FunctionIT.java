package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Function libraries are data: what was loaded is there after a restart, from the log and from dump.rdb. */
class FunctionIT {
    private static final String LIBRARY =
            "#!lua name=lib\nredis.register_function('f', function(k, a) return redis.call('incrby', k[1], a[1]) end)";

    @TempDir
    private Path directory;

    @Test
    void functionsAreThereAfterAReplayOfTheLog() throws Exception {
        int port = RedisProcess.freePort();
        try (CairnServer cairn = CairnServer.start(port, directory, "--appendonly", "yes");
                RespConnection client = cairn.connect()) {
            assertThat(client.run("function", "load", LIBRARY)).isEqualTo("$3\r\nlib\r\n");
            assertThat(client.run("function", "load", LIBRARY)).isEqualTo("-ERR Library 'lib' already exists\r\n");
            assertThat(client.run("fcall", "f", "1", "n", "5")).isEqualTo(":5\r\n");
        }
        try (CairnServer cairn = CairnServer.start(port, directory, "--appendonly", "yes");
                RespConnection client = cairn.connect()) {
            assertThat(client.run("fcall", "f", "1", "n", "5")).isEqualTo(":10\r\n");
            client.run("script", "flush");
            assertThat(client.run("fcall", "f", "1", "n", "5")).isEqualTo(":15\r\n");
            assertThat(client.run("function", "delete", "lib")).isEqualTo("+OK\r\n");
            client.run("bgrewriteaof");
        }
        try (CairnServer cairn = CairnServer.start(port, directory, "--appendonly", "yes");
                RespConnection client = cairn.connect()) {
            assertThat(client.run("fcall", "f", "1", "n", "5")).isEqualTo("-ERR Function not found\r\n");
            assertThat(client.run("get", "n")).isEqualTo("$2\r\n15\r\n");
        }
    }

    @Test
    void functionsAreThereAfterAStartFromDumpRdb() throws Exception {
        int port = RedisProcess.freePort();
        try (CairnServer cairn = CairnServer.start(port, directory);
                RespConnection client = cairn.connect()) {
            client.run("function", "load", LIBRARY);
            assertThat(client.run("save")).isEqualTo("+OK\r\n");
        }
        try (CairnServer cairn = CairnServer.start(port, directory);
                RespConnection client = cairn.connect()) {
            assertThat(client.run("fcall", "f", "1", "n", "7")).isEqualTo(":7\r\n");
            assertThat(client.run("flushall")).isEqualTo("+OK\r\n");
            assertThat(client.run("fcall", "f", "1", "n", "7")).isEqualTo(":7\r\n");
        }
    }

    private static final String OTHER = "#!lua name=other\nredis.register_function('g', function() return 'g' end)";

    private static String payload(String reply) {
        return reply.substring(reply.indexOf("\r\n") + 2, reply.length() - 2);
    }

    @Test
    void librariesGoBackByPayloadUnderEachPolicy() throws Exception {
        int port = RedisProcess.freePort();
        try (CairnServer cairn = CairnServer.start(port, directory, "--appendonly", "yes");
                RespConnection client = cairn.connect()) {
            client.run("function", "load", LIBRARY);
            assertThat(client.run("function", "stats")).endsWith("$15\r\nfunctions_count\r\n:1\r\n");
            String payload = payload(client.run("function", "dump"));
            assertThat(client.run("function", "restore", payload)).isEqualTo("-ERR Library lib already exists\r\n");
            assertThat(client.run("function", "restore", payload, "nosuch"))
                    .isEqualTo("-ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.\r\n");
            assertThat(client.run("function", "restore", "x" + payload))
                    .isEqualTo("-ERR DUMP payload version or checksum are wrong\r\n");
            client.run("function", "load", OTHER);
            assertThat(client.run("function", "restore", payload, "REPLACE")).isEqualTo("+OK\r\n");
            assertThat(client.run("fcall", "g", "0")).isEqualTo("$1\r\ng\r\n");
            assertThat(client.run("function", "restore", payload, "FLUSH")).isEqualTo("+OK\r\n");
            assertThat(client.run("fcall", "g", "0")).isEqualTo("-ERR Function not found\r\n");
            client.run("function", "flush");
            client.run("function", "load", "#!lua name=third\nredis.register_function('f', function() end)");
            assertThat(client.run("function", "restore", payload)).isEqualTo("-ERR Function f already exists\r\n");
            client.run("function", "flush");
            assertThat(client.run("function", "restore", payload, "append")).isEqualTo("+OK\r\n");
        }
        try (CairnServer cairn = CairnServer.start(port, directory, "--appendonly", "yes");
                RespConnection client = cairn.connect()) {
            assertThat(client.run("fcall", "f", "1", "n", "5")).isEqualTo(":5\r\n");
        }
    }

    @Test
    void aPayloadOfRedisServerIsTakenAndTheOtherWayRound() throws Exception {
        org.junit.jupiter.api.Assumptions.assumeTrue(RedisProcess.available());
        Path theirs = java.nio.file.Files.createDirectories(directory.resolve("redis"));
        try (RedisProcess redis = RedisProcess.start(theirs);
                CairnServer cairn = CairnServer.start(RedisProcess.freePort(), directory.resolve("cairn"));
                RespConnection client = cairn.connect()) {
            String large = LIBRARY + "\n" + "-- to be compressed\n".repeat(100);
            redis.run("function", "load", large);
            redis.run("function", "load", OTHER);
            assertThat(client.run("function", "restore", payload(redis.run("function", "dump"))))
                    .isEqualTo("+OK\r\n");
            assertThat(client.run("fcall", "f", "1", "n", "5")).isEqualTo(":5\r\n");
            redis.run("function", "flush");
            assertThat(redis.run("function", "restore", payload(client.run("function", "dump"))))
                    .isEqualTo("+OK\r\n");
            assertThat(redis.run("fcall", "f", "1", "n", "5")).isEqualTo(":5\r\n");
            assertThat(redis.run("fcall", "g", "0")).isEqualTo("$1\r\ng\r\n");
        }
    }
}

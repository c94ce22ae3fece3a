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
}

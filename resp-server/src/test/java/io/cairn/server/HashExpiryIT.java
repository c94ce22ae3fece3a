package io.cairn.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.resp.RawClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fields of hashes that expire, on a standalone node: removed by themselves, in its log and its snapshots, and where they are refused. */
class HashExpiryIT {
    private static final String REFUSED =
            "-ERR a hash has fields that expire, which the form of Redis 7.0 cannot hold: set rdb-form to 7.4,"
                    + " use appendonly, or take the expiries away\r\n";

    @TempDir
    Path directory;

    private static void await(RawClient client, String expected, String... words) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!client.call(words).equals(expected) && System.nanoTime() < deadline) {
            Thread.sleep(10);
        }
        assertThat(client.call(words)).isEqualTo(expected);
    }

    private static void fill(RawClient client) throws Exception {
        client.call("HSET", "h", "gone", "1", "later", "2", "stays", "3");
        client.call("HPEXPIRE", "h", "1", "FIELDS", "1", "gone");
        client.call("HPEXPIREAT", "h", "9000000000000", "FIELDS", "1", "later");
        await(client, ":2\r\n", "HLEN", "h");
        client.call("HSET", "only", "a", "1");
        client.call("HPEXPIRE", "only", "1", "FIELDS", "1", "a");
        await(client, ":0\r\n", "EXISTS", "only");
    }

    private static void check(RawClient client, String digest) throws Exception {
        assertThat(client.call("HPEXPIRETIME", "h", "FIELDS", "3", "gone", "later", "stays"))
                .isEqualTo("*3\r\n:-2\r\n:9000000000000\r\n:-1\r\n");
        assertThat(client.call("DEBUG", "DIGEST")).isEqualTo(digest);
    }

    @Test
    void theLogAndItsSnapshotKeepThem() throws Exception {
        String digest;
        try (TestServer server = new TestServer(directory, "--appendonly", "yes", "--save", "");
                RawClient client = server.client()) {
            fill(client);
            digest = client.call("DEBUG", "DIGEST");
            assertThat(client.call("SAVE")).isEqualTo(REFUSED);
            assertThat(client.call("BGSAVE")).isEqualTo(REFUSED);
            assertThat(client.call("DUMP", "h"))
                    .isEqualTo("-ERR a hash has fields that expire, which the form of Redis 7.0 cannot hold\r\n");
        }
        try (TestServer server = new TestServer(directory, "--appendonly", "yes", "--save", "");
                RawClient client = server.client()) {
            check(client, digest);
            assertThat(client.call("BGREWRITEAOF")).startsWith("+Background");
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (client.call("INFO", "persistence").contains("aof_rewrite_in_progress:1")
                    && System.nanoTime() < deadline) {
                Thread.sleep(10);
            }
            assertThat(client.call("INFO", "persistence")).contains("aof_last_bgrewrite_status:ok");
        }
        try (TestServer server = new TestServer(directory, "--appendonly", "yes", "--save", "");
                RawClient client = server.client()) {
            check(client, digest);
            assertThat(client.call("HPERSIST", "h", "FIELDS", "1", "later")).isEqualTo("*1\r\n:1\r\n");
            assertThat(client.call("SAVE")).isEqualTo("+OK\r\n");
        }
    }

    @Test
    void dumpRdbHasThemInTheFormOfRedis74() throws Exception {
        try (TestServer server = new TestServer(directory, "--save", "", "--rdb-form", "7.4");
                RawClient client = server.client()) {
            client.call("SET", "a", "1");
            assertThat(client.call("SAVE")).isEqualTo("+OK\r\n");
            assertThat(version()).as("what Redis 7.0 loads, while it can").isEqualTo("REDIS0010");
            fill(client);
            assertThat(client.call("SAVE")).isEqualTo("+OK\r\n");
            assertThat(version()).isEqualTo("REDIS0012");
        }
        try (TestServer server = new TestServer(directory, "--save", "");
                RawClient client = server.client()) {
            assertThat(client.call("HPEXPIRETIME", "h", "FIELDS", "2", "later", "stays"))
                    .isEqualTo("*2\r\n:9000000000000\r\n:-1\r\n");
            assertThat(client.call("SAVE")).isEqualTo(REFUSED);
            assertThat(client.call("CONFIG", "SET", "rdb-form", "7.4")).isEqualTo("+OK\r\n");
            assertThat(client.call("SAVE")).isEqualTo("+OK\r\n");
        }
    }

    private String version() throws Exception {
        try (var files = Files.walk(directory)) {
            Path dump =
                    files.filter(file -> file.endsWith("dump.rdb")).findFirst().orElseThrow();
            return new String(Files.readAllBytes(dump), 0, 9, java.nio.charset.StandardCharsets.US_ASCII);
        }
    }
}

package io.cairn.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.resp.RawClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConnectionIT {
    @TempDir
    Path directory;

    private TestServer server;

    @BeforeEach
    void start() throws Exception {
        server = new TestServer(directory, "--maxclients", "60");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aLongPipelineIsAnsweredInOrder() throws Exception {
        try (RawClient client = server.client()) {
            StringBuilder requests = new StringBuilder();
            for (int i = 0; i < 20_000; i++) {
                requests.append("ECHO ").append(i).append("\r\n");
            }
            Thread sender = new Thread(() -> {
                try {
                    client.send(requests.toString());
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            sender.start();
            for (int i = 0; i < 20_000; i++) {
                String number = Integer.toString(i);
                assertThat(client.reply()).isEqualTo("$" + number.length() + "\r\n" + number + "\r\n");
            }
            sender.join();
        }
    }

    @Test
    void aReaderThatNeverReadsCostsBoundedMemoryAndGetsEverythingLater() throws Exception {
        byte[] value = new byte[10_000];
        java.util.Arrays.fill(value, (byte) 'v');
        String text = new String(value, StandardCharsets.ISO_8859_1);
        try (RawClient setter = server.client();
                RawClient reader = server.client()) {
            setter.call("SET", "k", text);
            int requests = 20_000;
            Thread sender = new Thread(() -> {
                try {
                    for (int i = 0; i < requests; i++) {
                        reader.send("GET k\r\n");
                    }
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            sender.start();
            assertThat(setter.call("PING")).isEqualTo("+PONG\r\n");
            long[] most = {0};
            for (int i = 0; i < 200; i++) {
                server.process()
                        .nodes()
                        .get(0)
                        .connections()
                        .forEach(c -> most[0] = Math.max(most[0], c.outputBytes()));
                setter.call("PING");
            }
            assertThat(most[0]).isLessThan(4 << 20);
            for (int i = 0; i < requests; i++) {
                assertThat(reader.reply().length()).isEqualTo(value.length + 10);
            }
            sender.join();
        }
    }

    @Test
    void aTransactionWithLargeValuesAndSessionCommandsKeepsItsOrder() throws Exception {
        String large = "x".repeat(200_000);
        try (RawClient client = server.client()) {
            assertThat(client.call("SET", "big", large)).isEqualTo("+OK\r\n");
            client.call("MULTI");
            for (String[] words : List.of(
                    new String[] {"GET", "big"},
                    new String[] {"PING", "middle"},
                    new String[] {"SET", "other", large},
                    new String[] {"SELECT", "1"},
                    new String[] {"EXISTS", "big"})) {
                assertThat(client.call(words)).isEqualTo("+QUEUED\r\n");
            }
            assertThat(client.call("EXEC"))
                    .isEqualTo("*5\r\n$200000\r\n" + large + "\r\n$6\r\nmiddle\r\n+OK\r\n+OK\r\n:0\r\n");
            assertThat(client.call("SELECT", "0")).isEqualTo("+OK\r\n");
            assertThat(client.call("STRLEN", "other")).isEqualTo(":200000\r\n");
        }
    }

    @Test
    void clientsOverTheLimitAreTurnedAway() throws Exception {
        List<RawClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 60; i++) {
                RawClient client = server.client();
                clients.add(client);
                assertThat(client.call("PING")).isEqualTo("+PONG\r\n");
            }
            try (RawClient one = server.client()) {
                assertThat(one.readAll()).isEqualTo("-ERR max number of clients reached\r\n");
            }
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
    }

    @Test
    void aPauseHoldsWritesUntilItEnds() throws Exception {
        try (RawClient client = server.client();
                RawClient other = server.client()) {
            assertThat(client.call("CLIENT", "PAUSE", "60000", "WRITE")).isEqualTo("+OK\r\n");
            assertThat(other.call("GET", "a")).isEqualTo("$-1\r\n");
            other.send(RawClient.request("SET", "a", "1"));
            other.send(RawClient.request("GET", "a"));
            assertThat(client.call("GET", "a")).isEqualTo("$-1\r\n");
            assertThat(client.call("CLIENT", "UNPAUSE")).isEqualTo("+OK\r\n");
            assertThat(other.reply()).isEqualTo("+OK\r\n");
            assertThat(other.reply()).isEqualTo("$1\r\n1\r\n");
        }
    }

    @Test
    void watchesFailWhenAnotherConnectionChangesTheKey() throws Exception {
        try (RawClient one = server.client();
                RawClient two = server.client()) {
            one.call("WATCH", "k");
            two.call("SET", "k", "1");
            one.call("MULTI");
            one.call("SET", "k", "2");
            assertThat(one.call("EXEC")).isEqualTo("*-1\r\n");
            one.call("WATCH", "k");
            two.call("SET", "unrelated", "1");
            one.call("MULTI");
            one.call("GET", "k");
            assertThat(one.call("EXEC")).isEqualTo("*1\r\n$1\r\n1\r\n");
            one.call("WATCH", "k");
            two.call("FLUSHALL");
            one.call("MULTI");
            assertThat(one.call("EXEC")).isEqualTo("*-1\r\n");
        }
    }
}

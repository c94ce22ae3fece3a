package io.cairn.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.resp.RawClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a comparison with Redis does not show of subscribers: slow ones, many, pushes beside replies. */
class SubscriberIT {
    private static final int MESSAGE_BYTES = 32 * 1024;

    @TempDir
    private Path directory;

    private TestServer server;

    @BeforeEach
    void start() throws Exception {
        server = new TestServer(directory, "--client-output-buffer-limit", "pubsub 4mb 0 0", "--appendonly", "yes");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static String message(String channel, String text) {
        return "$7\r\nmessage\r\n$" + channel.length() + "\r\n" + channel + "\r\n$" + text.length() + "\r\n" + text
                + "\r\n";
    }

    @Test
    void aSubscriberThatDoesNotReadIsClosedAndHoldsUpNobody() throws Exception {
        try (RawClient slow = server.client();
                RawClient good = server.client();
                RawClient other = server.client();
                RawClient publisher = server.client()) {
            slow.call("SUBSCRIBE", "c");
            good.call("SUBSCRIBE", "c");
            String text = "x".repeat(MESSAGE_BYTES);
            int receivers = 2;
            int published = 0;
            long slowest = 0;
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (receivers == 2 && System.nanoTime() < end) {
                long begin = System.nanoTime();
                String reply = publisher.call("PUBLISH", "c", published + text);
                slowest = Math.max(slowest, System.nanoTime() - begin);
                receivers = reply.charAt(1) - '0';
                assertThat(good.reply()).isEqualTo("*3\r\n" + message("c", published + text));
                published++;
                assertThat(other.call("PING")).isEqualTo("+PONG\r\n");
            }
            assertThat(receivers).isEqualTo(1);
            // Four megabytes and what the kernel's buffers took.
            assertThat(published).isGreaterThan(128);
            assertThat(publisher.call("INFO", "stats")).contains("client_output_buffer_limit_disconnections:1\r\n");
            assertThat(publisher.call("PUBSUB", "NUMSUB", "c")).endsWith(":1\r\n");
        }
    }

    /** The limit of its class holds for a client as long as it is subscribed. */
    @Test
    void oneMessageOverTheLimitClosesTheSubscriber() throws Exception {
        try (RawClient listening = server.client();
                RawClient publisher = server.client()) {
            listening.call("PSUBSCRIBE", "*");
            assertThat(publisher.call("PUBLISH", "c", "x".repeat(5 << 20))).isEqualTo(":1\r\n");
            assertThat(listening.reply()).isEmpty();
            assertThat(publisher.call("PUBLISH", "c", "x".repeat(16 << 20)))
                    .isEqualTo("-ERR channel and message exceed 16777216 bytes\r\n");
        }
    }

    /** Pushes stand between the replies of a pipeline, never within one, whether or not a reply waits for the disk. */
    @Test
    void pushesComeBetweenWholeReplies() throws Exception {
        try (RawClient client = server.client();
                RawClient publisher = server.client()) {
            client.call("HELLO", "3");
            client.call("SUBSCRIBE", "c");
            int rounds = 300;
            Thread publishing = new Thread(() -> {
                try {
                    for (int i = 0; i < rounds; i++) {
                        publisher.call("PUBLISH", "c", "m" + i);
                    }
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            publishing.start();
            int pushes = 0;
            for (int i = 0; i < rounds; i++) {
                client.send(RawClient.request("SET", "k", "v" + i));
                client.send(RawClient.request("MULTI"));
                client.send(RawClient.request("GET", "k"));
                client.send(RawClient.request("DEBUG", "SLEEP", i % 50 == 0 ? "0.02" : "0"));
                client.send(RawClient.request("PUBLISH", "c", "own"));
                client.send(RawClient.request("EXEC"));
                client.send(RawClient.request("MGET", "k", "k"));
                List<String> replies = new ArrayList<>();
                int own = 0;
                while (replies.size() < 7 || own == 0) {
                    String reply = client.reply();
                    if (reply.startsWith(">")) {
                        boolean mine = reply.equals(">3\r\n" + message("c", "own"));
                        own += mine ? 1 : 0;
                        assertThat(mine || reply.equals(">3\r\n" + message("c", "m" + pushes++)))
                                .as(reply)
                                .isTrue();
                    } else {
                        replies.add(reply);
                    }
                }
                String value = "$" + ("v" + i).length() + "\r\nv" + i + "\r\n";
                assertThat(replies)
                        .containsExactly(
                                "+OK\r\n",
                                "+OK\r\n",
                                "+QUEUED\r\n",
                                "+QUEUED\r\n",
                                "+QUEUED\r\n",
                                "*3\r\n" + value + "+OK\r\n:1\r\n",
                                "*2\r\n" + value + value);
            }
            publishing.join();
            while (pushes < rounds) {
                assertThat(client.reply()).isEqualTo(">3\r\n" + message("c", "m" + pushes++));
            }
        }
    }

    @Test
    void manySubscribersGetEveryMessageInOrder() throws Exception {
        List<RawClient> clients = new ArrayList<>();
        try (RawClient publisher = server.client()) {
            for (int i = 0; i < 50; i++) {
                RawClient client = server.client();
                clients.add(client);
                client.call("SUBSCRIBE", "a", "b");
                client.reply();
            }
            for (int i = 0; i < 200; i++) {
                publisher.send(RawClient.request("PUBLISH", i % 2 == 0 ? "a" : "b", "m" + i));
            }
            for (int i = 0; i < 200; i++) {
                assertThat(publisher.reply()).isEqualTo(":50\r\n");
            }
            for (RawClient client : clients) {
                for (int i = 0; i < 200; i++) {
                    assertThat(client.reply()).isEqualTo("*3\r\n" + message(i % 2 == 0 ? "a" : "b", "m" + i));
                }
            }
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
    }
}

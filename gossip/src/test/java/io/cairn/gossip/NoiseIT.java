package io.cairn.gossip;

import static io.cairn.gossip.TestNode.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What a stranger can do to the port: nothing but one log line now and then. */
class NoiseIT {
    private static final int PORT = 20_480;
    private static final long LONG = 20_000;

    private final GossipThreads threads = new GossipThreads();
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void listen() {
        lines.start();
        ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).addAppender(lines);
    }

    @AfterEach
    void stop() {
        ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).detachAppender(lines);
        threads.close();
    }

    private static byte[] hello(Socket socket) throws IOException {
        byte[] hello = new byte[Hello.BYTES];
        new DataInputStream(socket.getInputStream()).readFully(hello);
        return Arrays.copyOfRange(hello, hello.length - Hello.NONCE_BYTES, hello.length);
    }

    /** True once the other side closed. */
    private static boolean closed(Socket socket) throws IOException {
        socket.setSoTimeout((int) LONG);
        try {
            return socket.getInputStream().read() < 0;
        } catch (java.net.SocketException e) {
            return true;
        }
    }

    @Test
    void garbageClosesItsConnectionAndDisturbsNobody() throws Exception {
        Random random = new Random(3);
        try (TestNode a = new TestNode(threads, 1, PORT, "secret");
                TestNode b = new TestNode(threads, 2, PORT + 1, "secret", PORT)) {
            eventually("they meet", LONG, () -> a.sees(b, Health.ALIVE) && b.sees(a, Health.ALIVE));
            for (int i = 0; i < 200; i++) {
                try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), PORT)) {
                    hello(socket);
                    byte[] garbage = new byte[1 + random.nextInt(300)];
                    random.nextBytes(garbage);
                    garbage[0] = (byte) (i % 2 == 0 ? 0 : 127);
                    socket.getOutputStream().write(garbage);
                    socket.shutdownOutput();
                    assertThat(closed(socket)).isTrue();
                }
            }
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), PORT)) {
                hello(socket);
                socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                assertThat(closed(socket)).isTrue();
            }
            assertThat(a.events).containsExactly("joined 2");
            assertThat(b.sees(a, Health.ALIVE)).isTrue();
        }
        assertThat(lines.list.stream().filter(line -> line.getFormattedMessage().contains("closed a connection")))
                .hasSizeBetween(1, 3);
        assertThat(lines.list).noneMatch(line -> line.getLevel().toString().equals("ERROR"));
    }

    @Test
    void aRecordedFrameIsWorthNothingOnAnotherConnectionOrTwice() throws Exception {
        PeerKey key = new PeerKey("secret");
        byte[] payload = {1, 2, 3};
        try (TestNode a = new TestNode(threads, 1, PORT, "secret");
                Socket first = new Socket(InetAddress.getLoopbackAddress(), PORT);
                Socket second = new Socket(InetAddress.getLoopbackAddress(), PORT)) {
            byte[] seal = key.seals(hello(first)).next(payload);
            hello(second);
            for (Socket socket : new Socket[] {second}) {
                DataOutputStream out = new DataOutputStream(socket.getOutputStream());
                out.writeInt(payload.length);
                out.write(payload);
                out.write(seal);
                assertThat(closed(socket)).isTrue();
            }
            assertThat(a.gossip.members()).hasSize(1);
        }
        assertThat(lines.list).anyMatch(line -> line.getFormattedMessage().contains("not sealed"));
        byte[] nonce = new byte[Hello.NONCE_BYTES];
        PeerKey.Seals seals = key.seals(nonce);
        assertThat(seals.next(payload)).isNotEqualTo(seals.next(payload));
        assertThat(key.seals(nonce).next(payload)).isEqualTo(key.seals(nonce).next(payload));
    }

    @Test
    void aConnectionThatSaysNothingIsClosed() throws Exception {
        try (TestNode a = new TestNode(threads, 1, PORT, "secret");
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), PORT)) {
            hello(socket);
            socket.getOutputStream().write(new byte[] {0, 0});
            assertThat(closed(socket)).isTrue();
            assertThat(a.events).isEmpty();
        }
    }

    @Test
    void aSeedThatIsDownIsToldOnce() throws Exception {
        try (TestNode a = new TestNode(threads, 1, PORT, "", PORT + 9, PORT)) {
            eventually(
                    "it is told",
                    LONG,
                    () -> lines.list.stream()
                            .anyMatch(line -> line.getFormattedMessage().contains("asking on")));
            try (TestNode b = new TestNode(threads, 2, PORT + 9, "")) {
                eventually("they meet", LONG, () -> a.sees(b, Health.ALIVE) && b.sees(a, Health.ALIVE));
            }
        }
        assertThat(lines.list.stream().filter(line -> line.getFormattedMessage().contains("asking on")))
                .hasSize(1);
        assertThat(lines.list.stream().filter(line -> line.getFormattedMessage().contains("answers now")))
                .hasSize(1);
    }
}

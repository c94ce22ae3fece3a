package io.cairn.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.StandaloneServer;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hostile clients of a server with {@code -Xmx256m}: it stays up, stays small, and a probe beside them notices nothing. */
@Tag("long")
class AbuseIT {
    private static final int PORT = 21300;
    private static final int MEMORY_LIMIT_MEGABYTES = 300;
    private static final List<String> HEAP = List.of("-Xmx256m");

    @TempDir
    Path directory;

    private StandaloneServer server;
    private Probe probe;
    private MemoryWatch memory;

    @BeforeEach
    void startServerAndProbe() throws Exception {
        server = Target.standalone(HEAP, directory, PORT, "--maxclients", "20000", "--save", "");
        probe = new Probe(server.address());
        Await.until("the probe runs", 20, () -> probe.rounds() > 50);
        memory = new MemoryWatch(server.process());
    }

    @AfterEach
    void stopAll() {
        memory.close();
        probe.close();
        server.close();
    }

    @Test
    void tenThousandHostileInputsDisturbNobody() throws Exception {
        long seed = Long.getLong("cairn.seed", 1);
        HostileInput inputs = new HostileInput(seed);
        int errors = 0;
        for (int i = 0; i < 10_000; i++) {
            errors += answerToEverything(inputs.next()).contains("-") ? 1 : 0;
        }
        System.out.printf("10,000 hostile inputs (seed %d): %d answered with an error%n", seed, errors);
        assertThat(errors).isGreaterThan(2_000);
        assertUndisturbed();
    }

    @Test
    void protocolErrorsAreThoseOfRedis() throws Exception {
        assertThat(answerToEverything(latin1("*3\r\n$-5\r\n")))
                .isEqualTo("-ERR Protocol error: invalid bulk length\r\n");
        assertThat(answerToEverything(latin1("*1\r\nx\r\n")))
                .isEqualTo("-ERR Protocol error: expected '$', got 'x'\r\n");
        assertThat(answerToEverything(latin1("*2147483648\r\n")))
                .isEqualTo("-ERR Protocol error: invalid multibulk length\r\n");
        assertThat(answerToEverything(latin1("SET \"a\r\n")))
                .isEqualTo("-ERR Protocol error: unbalanced quotes in request\r\n");
        assertThat(answerToEverything(latin1("*1\r\n$536870913\r\n")))
                .isEqualTo("-ERR Protocol error: invalid bulk length\r\n");
        assertUndisturbed();
    }

    @Test
    void announcedBulksOf512MegabytesCostNothingBeforeTheyArrive() throws Exception {
        try (Sockets sockets = new Sockets(server.address())) {
            for (int i = 0; i < 20; i++) {
                Socket socket = sockets.open();
                socket.getOutputStream().write(latin1("*3\r\n$3\r\nSET\r\n$4\r\nhuge\r\n$536870912\r\n"));
                socket.getOutputStream().write(new byte[1 << 20]);
            }
            awaitMoreProbes();
            assertUndisturbed();
        }
        assertFallsBack();
    }

    @Test
    void millionNestedArraysAreRefused() throws Exception {
        byte[] nested = latin1("*1\r\n".repeat(1_000_000));
        assertThat(answerToEverything(nested)).startsWith("-ERR Protocol error: expected '$', got '*'");
        assertUndisturbed();
        assertFallsBack();
    }

    @Test
    void readerThatNeverReadsIsHeldBack() throws Exception {
        try (RawClient client = server.connect()) {
            byte[] value = new byte[1 << 20];
            assertThat(client.call(RawClient.words("SET")[0], RawClient.words("big")[0], value))
                    .isEqualTo(new Reply.Simple("OK"));
        }
        AtomicLong asked = new AtomicLong();
        try (Sockets sockets = new Sockets(server.address())) {
            Socket socket = sockets.open();
            Thread greedy = new Thread(() -> askWithoutReading(socket, asked), "greedy");
            greedy.start();
            awaitMoreProbes();
            greedy.join(5_000);
            assertUndisturbed();
        }
        System.out.println("a reader that never reads asked for " + asked + " MB");
        assertFallsBack();
    }

    @Test
    void tenThousandIdleConnectionsAreCheap() throws Exception {
        List<SocketChannel> idle = new ArrayList<>();
        try {
            Address address = server.address();
            for (int i = 0; i < 10_000; i++) {
                idle.add(SocketChannel.open(new InetSocketAddress(address.host(), address.port())));
            }
            try (RawClient client = server.connect()) {
                Await.until("all are accepted", 30, () -> connected(client) >= 10_000);
            }
            awaitMoreProbes();
            assertUndisturbed();
        } finally {
            for (SocketChannel channel : idle) {
                channel.close();
            }
        }
        try (RawClient client = server.connect()) {
            Await.until("all are gone", 30, () -> connected(client) < 100);
        }
        assertFallsBack();
    }

    @Test
    void valueOf100MegabytesIsSetAndRead() throws Exception {
        byte[] value = BigValue.make(100 << 20);
        try (RawClient client = server.connect()) {
            BigValue.setAndCheck(client, "value-of-100-megabytes", value);
            assertThat(client.call("DEL", "value-of-100-megabytes").number()).isEqualTo(1);
        }
        assertUndisturbed();
        assertFallsBack();
    }

    /** Sends bytes, says that no more follow, and returns all that comes back until the server closes. */
    private String answerToEverything(byte[] input) throws IOException {
        Address address = server.address();
        try (Socket socket = new Socket(address.host(), address.port())) {
            socket.setSoTimeout(10_000);
            StringBuilder answer = new StringBuilder();
            try {
                OutputStream out = socket.getOutputStream();
                out.write(input);
                socket.shutdownOutput();
            } catch (SocketException e) {
                // The server closed at the first bad byte while the rest was on its way; its answer is still to read.
                answer.append("");
            }
            try {
                InputStream in = socket.getInputStream();
                byte[] buffer = new byte[8192];
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    answer.append(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
                }
            } catch (SocketTimeoutException e) {
                throw new IOException("the server neither answers nor closes after " + answer, e);
            } catch (SocketException e) {
                // A reset after the answer: the server closed with input unread.
                answer.append("");
            }
            return answer.toString();
        }
    }

    private void assertUndisturbed() {
        assertThat(server.process().alive()).isTrue();
        assertThat(probe.disturbances()).isEmpty();
        assertThat(memory.peakGrowthMegabytes()).isLessThan(MEMORY_LIMIT_MEGABYTES);
        System.out.printf(
                "memory grew by %d MB at most; %d probes, slowest %d ms%n",
                memory.peakGrowthMegabytes(), probe.rounds(), probe.slowestMillis());
    }

    /** Half of what was taken, or all but a base of 100 MB, comes back. */
    private void assertFallsBack() {
        long allowed = Math.max(100, memory.peakGrowthMegabytes() / 2);
        Await.until("resident memory falls back", 60, () -> memory.growthMegabytes() <= allowed);
        assertThat(probe.disturbances()).isEmpty();
        System.out.printf(
                "memory grew by %d MB at most and stands at %d MB above the start%n",
                memory.peakGrowthMegabytes(), memory.growthMegabytes());
    }

    private void awaitMoreProbes() {
        long rounds = probe.rounds();
        Await.until("the probe goes on", 60, () -> probe.rounds() > rounds + 200);
    }

    private static void askWithoutReading(Socket socket, AtomicLong asked) {
        byte[] get = latin1("*2\r\n$3\r\nGET\r\n$3\r\nbig\r\n");
        try {
            for (int i = 0; i < 3_000; i++) {
                socket.getOutputStream().write(get);
                asked.incrementAndGet();
            }
        } catch (IOException e) {
            // The server may close such a client; that is one way to hold it back.
            asked.addAndGet(0);
        }
    }

    private static int connected(RawClient client) throws OutcomeUnknownException {
        String info = client.call("INFO", "clients").text();
        return Integer.parseInt(info.replaceAll("(?s).*connected_clients:(\\d+).*", "$1"));
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Sockets that are closed together. */
    private static final class Sockets implements AutoCloseable {
        private final Address address;
        private final List<Socket> sockets = new ArrayList<>();

        Sockets(Address address) {
            this.address = address;
        }

        Socket open() throws IOException {
            Socket socket = new Socket(address.host(), address.port());
            sockets.add(socket);
            return socket;
        }

        @Override
        public void close() throws IOException {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }
}

package io.cairn.raft.group;

import static io.cairn.raft.group.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeerPortIT {
    private static final byte ECHO = 1;
    private static final byte WHENCE = 0;
    private static final byte JOIN = 2;
    private static final byte NEVER = 3;

    @TempDir
    Path root;

    private final CountDownLatch dnsAnswers = new CountDownLatch(1);
    private final RaftThreads threads = new RaftThreads(name -> {
        await(dnsAnswers);
        return InetAddress.getLoopbackAddress();
    });
    private final Map<String, InetSocketAddress> addresses = new ConcurrentHashMap<>();
    private final Set<String> removed = ConcurrentHashMap.newKeySet();
    private final PeerAddresses book = new PeerAddresses() {
        @Override
        public @Nullable InetSocketAddress resolve(String nodeId) {
            return addresses.get(nodeId);
        }

        @Override
        public boolean isRemoved(String nodeId) {
            return removed.contains(nodeId);
        }
    };

    private RaftHost start(String name, @Nullable String clusterId, String secret) throws IOException {
        RaftHost host = RaftHost.start(new HostOptions(
                TestCluster.id(name),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                book,
                clusterId,
                secret.getBytes(StandardCharsets.UTF_8),
                threads));
        addresses.put(TestCluster.id(name), host.address());
        host.handle(ECHO, false, (from, payload) -> CompletableFuture.completedFuture(payload));
        host.handle(
                JOIN,
                true,
                (from, payload) -> CompletableFuture.completedFuture(
                        (from.nodeId() + from.clusterId()).getBytes(StandardCharsets.UTF_8)));
        return host;
    }

    @AfterEach
    void close() {
        dnsAnswers.countDown();
        threads.close();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void membersOfOneClusterTalk() throws Exception {
        try (RaftHost a = start("a", "one", "s");
                RaftHost b = start("b", "one", "s")) {
            assertThat(a.send(b.nodeId(), ECHO, bytes("hello")).join()).isEqualTo(bytes("hello"));
            assertThat(b.send(a.address(), ECHO, new byte[1 << 20]).join()).hasSize(1 << 20);
            assertThat(a.send(b.nodeId(), JOIN, bytes("")).join()).isEqualTo(bytes(a.nodeId() + "one"));
        }
    }

    @Test
    void connectionsComeFromTheSourceAddress() throws Exception {
        HostOptions options = new HostOptions(
                TestCluster.id("b"),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                InetAddress.getByAddress(new byte[] {127, 0, 9, 9}),
                null,
                book,
                "one",
                bytes("s"),
                threads,
                null);
        try (RaftHost a = start("a", "one", "s");
                RaftHost b = RaftHost.start(options)) {
            a.handle(
                    WHENCE,
                    false,
                    (from, payload) -> CompletableFuture.completedFuture(
                            bytes(from.address().getAddress().getHostAddress())));
            assertThat(b.send(a.nodeId(), WHENCE, bytes("")).join()).isEqualTo(bytes("127.0.9.9"));
        }
    }

    @Test
    void whoAnnouncesAHostIsFoundThere() throws Exception {
        HostOptions options = new HostOptions(
                TestCluster.id("b"),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                null,
                "b.example",
                book,
                "one",
                bytes("s"),
                threads,
                null);
        try (RaftHost a = start("a", "one", "s");
                RaftHost b = RaftHost.start(options)) {
            a.handle(
                    WHENCE,
                    false,
                    (from, payload) -> CompletableFuture.completedFuture(bytes(from.address()
                                    .getHostString() + ":" + from.address().getPort())));
            String expected = "b.example:" + b.address().getPort();
            assertThat(b.send(a.nodeId(), WHENCE, bytes("")).join()).isEqualTo(bytes(expected));
        }
    }

    /** As when the peer's end of it is gone without a word; votes give up sooner than silence is noticed. */
    @Test
    void aSilentConnectionIsMadeAnewThoughItsRequestsTimeOutSooner() throws Exception {
        Call nobody = new Call() {
            @Override
            public void answered(Frame frame) {}

            @Override
            public void failed(Cause cause, String why) {}
        };
        try (RaftHost a = start("a", "one", "s");
                RaftHost b = start("b", "one", "s")) {
            b.handle(NEVER, false, (from, payload) -> new CompletableFuture<>());
            a.send(b.nodeId(), ECHO, bytes("hello")).join();
            PeerLink link = a.links().to(b.nodeId());
            Lane lane = new Lane(threads.workers());
            long first = since(link);
            eventually("another connection", () -> {
                link.request(
                        (allocator, id) -> Frame.of(allocator, Frame.CUSTOM, NEVER, id, NEVER, new byte[0]),
                        lane,
                        50,
                        true,
                        false,
                        nobody);
                return since(link) > first;
            });
        }
    }

    private static long since(PeerLink link) {
        RaftHost.Link now = link.describe("b");
        return now == null ? 0 : now.sinceMillis();
    }

    @Test
    void anotherClusterAnotherSecretOrARemovedNodeIsRefused() throws Exception {
        try (RaftHost a = start("a", "one", "s");
                RaftHost b = start("b", "two", "s");
                RaftHost c = start("c", "one", "wrong");
                RaftHost d = start("d", "one", "s")) {
            CompletableFuture<byte[]> otherCluster = b.send(a.nodeId(), JOIN, bytes("x"));
            CompletableFuture<byte[]> otherSecret = c.send(a.nodeId(), JOIN, bytes("x"));
            assertThatThrownBy(otherCluster::join).hasCauseInstanceOf(PeerException.class);
            assertThatThrownBy(otherSecret::join).hasCauseInstanceOf(PeerException.class);
            assertThat(d.send(a.nodeId(), ECHO, bytes("x")).join()).isEqualTo(bytes("x"));
            removed.add(d.nodeId());
            assertThatThrownBy(() -> d.send(a.nodeId(), ECHO, bytes("x")).join())
                    .hasCauseInstanceOf(PeerException.class);
            a.disconnect(d.nodeId());
            assertThatThrownBy(() -> d.send(a.address(), ECHO, bytes("x")).join())
                    .hasCauseInstanceOf(PeerException.class);
        }
    }

    @Test
    void anUnformedNodeTakesOnlyWhatIsAllowedUntilItIsAdopted() throws Exception {
        try (RaftHost a = start("a", "one", "s");
                RaftHost fresh = start("b", null, "s")) {
            assertThatThrownBy(() -> a.send(fresh.address(), ECHO, bytes("x")).join())
                    .hasCauseInstanceOf(PeerException.class);
            assertThat(a.send(fresh.address(), JOIN, bytes("")).join()).isEqualTo(bytes(a.nodeId() + "one"));
            assertThat(fresh.send(a.address(), JOIN, bytes("")).join()).isEqualTo(bytes(fresh.nodeId() + "null"));
            fresh.setClusterId("one");
            assertThat(fresh.clusterId()).isEqualTo("one");
            eventually("it is a member", () -> echoes(a, fresh.nodeId()) && echoes(fresh, a.nodeId()));
            assertThatThrownBy(() -> fresh.setClusterId("two")).isInstanceOf(IllegalStateException.class);
        }
    }

    /** The handshakes under way say an id, or none, that is outdated when they end. */
    @Test
    void aClusterIdSetDuringHandshakesReachesEveryConnection() throws Exception {
        for (int round = 0; round < 200; round++) {
            try (RaftHost a = start("a", null, "s");
                    RaftHost b = start("b", null, "s")) {
                CompletableFuture<byte[]> there = a.send(b.nodeId(), JOIN, bytes(""));
                CompletableFuture<byte[]> back = b.send(a.nodeId(), JOIN, bytes(""));
                if (round % 2 == 0) {
                    Thread.sleep(0, 20_000 * (round % 50));
                }
                a.setClusterId("one");
                b.setClusterId("one");
                there.exceptionally(failure -> new byte[0]).join();
                back.exceptionally(failure -> new byte[0]).join();
                eventually("both talk", () -> echoes(a, b.nodeId()) && echoes(b, a.nodeId()));
            }
        }
    }

    @Test
    void aMessageThatNeedsAMemberWaitsQuietlyWhileThePeerIsNone() throws Exception {
        try (RaftHost a = start("a", "one", "s");
                RaftHost b = start("b", null, "s")) {
            a.send(b.nodeId(), JOIN, bytes("")).join();
            long before = threads.workers().getCompletedTaskCount();
            CompletableFuture<byte[]> never = a.send(b.nodeId(), ECHO, bytes("x"));
            assertThatThrownBy(never::join).hasMessageContaining("no answer in time");
            assertThat(threads.workers().getCompletedTaskCount() - before).isLessThan(20);
            CompletableFuture<byte[]> soon = a.send(b.nodeId(), ECHO, bytes("y"));
            b.setClusterId("one");
            assertThat(soon.join()).isEqualTo(bytes("y"));
        }
    }

    /** A connection that took the frame has ended, and its end has not yet come to this request: it may have left. */
    @Test
    void aMessageThatMayHaveLeftIsNotSentAgain() throws Exception {
        try (RaftHost a = start("a", "one", "s");
                RaftHost b = start("b", "one", "s")) {
            b.handle(NEVER, false, (from, payload) -> new CompletableFuture<>());
            a.send(b.nodeId(), ECHO, bytes("")).join();
            PeerLink link = a.links().to(b.nodeId());
            CountDownLatch endGoesOn = new CountDownLatch(1);
            Thread sender = Thread.currentThread();
            link.request(
                    (allocator, id) -> Frame.of(allocator, Frame.CUSTOM, NEVER, id, NEVER, bytes("")),
                    new Lane(task -> await(endGoesOn)),
                    RaftHost.SEND_TIMEOUT_MILLIS,
                    false,
                    false,
                    new NoCall());
            a.setFilter((from, to) -> {
                if (Thread.currentThread() == sender) {
                    link.renew();
                    eventually("it is closed", () -> !link.isReady());
                }
                return Thread.currentThread() == sender;
            });
            CompletableFuture<byte[]> sent = a.send(b.nodeId(), ECHO, bytes("x"));
            endGoesOn.countDown();
            assertThatThrownBy(sent::join).hasMessageContaining("the connection was closed");
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static final class NoCall implements Call {
        @Override
        public void answered(Frame answer) {}

        @Override
        public void failed(Cause cause, String why) {}
    }

    @Test
    void aPortThatIsTakenIsNamed() throws Exception {
        try (RaftHost a = start("a", "one", "s")) {
            HostOptions second =
                    new HostOptions(TestCluster.id("b"), a.address(), book, "one", new byte[] {1}, threads);
            assertThatThrownBy(() -> RaftHost.start(second))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("127.0.0.1:" + a.address().getPort() + " (raft port)")
                    .hasMessageContaining("in use");
        }
    }

    @Test
    void aSlowDnsServerStopsOnlyTheLinkThatWaitsForIt() throws Exception {
        try (RaftHost a = start("a", "one", "s");
                RaftHost b = start("b", "one", "s");
                RaftHost c = start("c", "one", "s")) {
            InetSocketAddress there = c.address();
            addresses.put(c.nodeId(), InetSocketAddress.createUnresolved("c.example", there.getPort()));
            assertThatThrownBy(() -> a.send(c.nodeId(), ECHO, bytes("x")).join())
                    .hasMessageContaining("no answer in time");
            assertThat(a.send(b.nodeId(), ECHO, bytes("x")).join()).isEqualTo(bytes("x"));
            dnsAnswers.countDown();
            eventually("the name is known", () -> echoes(a, c.nodeId()));
        }
    }

    private static boolean echoes(RaftHost from, String to) {
        return from.send(to, ECHO, bytes("x"))
                .handle((ok, failure) -> failure == null)
                .join();
    }

    @Test
    void aStrangersBytesGetNoAnswerAndTheConnectionCloses() throws Exception {
        Random random = new Random(42);
        try (RaftHost a = start("a", "one", "s");
                RaftHost b = start("b", "one", "s")) {
            for (int round = 0; round < 50; round++) {
                byte[] junk = new byte[1 + random.nextInt(2_000)];
                random.nextBytes(junk);
                if (round % 2 == 1) {
                    // The right magic and version, then nonsense.
                    byte[] start = {0x43, 0x41, 0x49, 0x52, 0x4e, 0x52, 0x46, 0x54, 1, 1};
                    System.arraycopy(start, 0, junk, 0, Math.min(start.length, junk.length));
                }
                try (Socket socket =
                        new Socket(InetAddress.getLoopbackAddress(), a.address().getPort())) {
                    socket.getOutputStream().write(junk);
                    socket.shutdownOutput();
                    socket.setSoTimeout(10_000);
                    assertThat(readByte(socket)).isEqualTo(-1);
                }
            }
            assertThat(b.send(a.nodeId(), ECHO, bytes("alive")).join()).isEqualTo(bytes("alive"));
        }
    }

    /** Talks as node b by hand, with some secret; what was read after the proof, -1 when the connection was closed. */
    private static int afterProof(RaftHost a, String secret, byte[] frame) throws Exception {
        Identity self = new Identity(TestCluster.id("b"), "one", bytes(secret));
        byte[] hello = Handshake.hello(new Handshake.Hello("one", self.nodeId(), a.nodeId(), 1, null), self.nonce());
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), a.address().getPort())) {
            socket.setSoTimeout(10_000);
            send(socket, Handshake.message(Handshake.HELLO, hello));
            byte[] challenge = socket.getInputStream().readNBytes(Handshake.HEADER_BYTES + Identity.NONCE_BYTES);
            byte[] nonce = Arrays.copyOfRange(challenge, Handshake.HEADER_BYTES, challenge.length);
            send(socket, Handshake.message(Handshake.PROOF, self.proof(Handshake.CLIENT, hello, nonce)));
            int first = readByte(socket);
            if (first < 0) {
                return first;
            }
            socket.getOutputStream().write(frame);
            int next = first;
            while (next >= 0) {
                next = readByte(socket);
            }
            return first;
        }
    }

    private static void send(Socket socket, ByteBuf message) throws IOException {
        message.readBytes(socket.getOutputStream(), message.readableBytes());
        message.release();
    }

    @Test
    void aWrongOrMissingSecretGetsNothingAndAFrameThatIsTooLargeEndsTheConnection() throws Exception {
        byte[] tooLarge = ByteBuffer.allocate(64).putInt(Frame.MAX_BYTES).array();
        byte[] negative = ByteBuffer.allocate(64).putInt(-1).array();
        byte[] tooShort = ByteBuffer.allocate(5).putInt(1).array();
        try (RaftHost a = start("a", "one", "s")) {
            assertThat(afterProof(a, "wrong", tooLarge)).isEqualTo(-1);
            assertThat(afterProof(a, "", tooLarge)).isEqualTo(-1);
            // Who knows the secret is welcomed; each of these then ends its connection, and only that.
            for (byte[] frame : List.of(tooLarge, negative, tooShort)) {
                assertThat(afterProof(a, "s", frame)).isGreaterThanOrEqualTo(0);
            }
            try (RaftHost c = start("c", "one", "s")) {
                assertThat(c.send(a.nodeId(), ECHO, bytes("alive")).join()).isEqualTo(bytes("alive"));
            }
        }
    }

    /** A reset is as good as an end: nothing was answered. */
    private static int readByte(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read();
        } catch (java.net.SocketException e) {
            return -1;
        }
    }

    @Test
    void aHandlersFailureReachesTheSender() throws Exception {
        try (RaftHost a = start("a", "one", "");
                RaftHost b = start("b", "one", "")) {
            b.handle((byte) 9, false, (from, payload) -> CompletableFuture.failedFuture(new IOException("no luck")));
            assertThatThrownBy(() -> a.send(b.nodeId(), (byte) 9, bytes("x")).join())
                    .hasCauseInstanceOf(PeerException.class)
                    .hasMessageContaining("no luck");
            assertThatThrownBy(() -> a.send(b.nodeId(), (byte) 10, bytes("x")).join())
                    .hasMessageContaining("not accepted");
        }
    }
}

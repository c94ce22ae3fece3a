package io.cairn.jepsen.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.jepsen.process.Await;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every rule, seen from plain sockets: two processes, one server socket each. */
class NetworkTest {
    private static final int PORT = 22390;
    private static final Endpoint A = Endpoint.process(0);
    private static final Endpoint B = Endpoint.process(1);
    private static final Link A_TO_B = new Link(A, B);
    private static final int SILENCE_MILLIS = 150;
    private static final int PATIENCE_MILLIS = 10_000;

    private final Network network = new Network(2, 7);
    private final List<AutoCloseable> opened = new ArrayList<>(List.of(network));
    private ServerSocket server = listen();

    @BeforeEach
    void serve() {
        network.serve(1, List.of(PORT));
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
    }

    private ServerSocket listen() {
        try {
            ServerSocket listening = new ServerSocket();
            listening.setReuseAddress(true);
            listening.bind(new InetSocketAddress(Endpoint.bound(1), PORT));
            listening.setSoTimeout(PATIENCE_MILLIS);
            opened.add(listening);
            return listening;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Two ends of a connection through the network. */
    private record Pair(Socket near, Socket far) {
        void say(byte[] bytes) throws IOException {
            near.getOutputStream().write(bytes);
        }

        void answer(byte[] bytes) throws IOException {
            far.getOutputStream().write(bytes);
        }
    }

    private Socket dial(Endpoint from) throws IOException {
        Socket socket = new Socket();
        opened.add(socket);
        socket.bind(new InetSocketAddress(from.source(), 0));
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.connect(new InetSocketAddress(Endpoint.announced(1), PORT), PATIENCE_MILLIS);
        return socket;
    }

    private Socket accept() throws IOException {
        while (true) {
            Socket socket = server.accept();
            opened.add(socket);
            socket.setSoTimeout(PATIENCE_MILLIS);
            // The network's own look whether somebody listens comes from the plain loopback address.
            if (!socket.getInetAddress().getHostAddress().equals("127.0.0.1")) {
                return socket;
            }
        }
    }

    private Pair connect(Endpoint from) throws IOException {
        Socket near = dial(from);
        return new Pair(near, accept());
    }

    private static byte[] read(Socket socket, int bytes) throws IOException {
        return socket.getInputStream().readNBytes(bytes);
    }

    private static void assertSilent(Socket socket) throws IOException {
        socket.setSoTimeout(SILENCE_MILLIS);
        assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
        socket.setSoTimeout(PATIENCE_MILLIS);
    }

    private static void assertReset(Socket socket) {
        assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketException.class);
    }

    private static byte[] noise(int bytes) {
        byte[] noise = new byte[bytes];
        new SplittableRandom(1).nextBytes(noise);
        return noise;
    }

    private static Thread background(AutoCloseable task) {
        Thread thread = new Thread(() -> {
            try {
                task.close();
            } catch (Exception e) {
                // The test sees what did not arrive.
            }
        });
        thread.start();
        return thread;
    }

    @Test
    void bytesPassBothWaysAndTheDiallerIsKnownByItsAnnouncedAddress() throws Exception {
        Pair pair = connect(A);
        assertThat(pair.far.getInetAddress().getHostAddress()).isEqualTo(Endpoint.announced(0));
        byte[] bytes = noise(3_000_000);
        background(() -> pair.say(bytes));
        assertThat(read(pair.far, bytes.length)).isEqualTo(bytes);
        background(() -> pair.answer(bytes));
        assertThat(read(pair.near, bytes.length)).isEqualTo(bytes);
        assertThat(network.counters(A, B).forwarded()).isEqualTo(bytes.length);
        assertThat(network.counters(B, A).forwarded()).isEqualTo(bytes.length);
        pair.near.shutdownOutput();
        assertThat(pair.far.getInputStream().read()).isEqualTo(-1);
        pair.answer(new byte[] {1});
        assertThat(read(pair.near, 1)).containsExactly(1);
        pair.far.close();
        assertThat(pair.near.getInputStream().read()).isEqualTo(-1);
        Await.until("it is forgotten", 10, () -> network.counters(A, B).connections() == 0);
    }

    @Test
    void cutHoldsOneDirectionAndHealingDeliversEveryByteInOrder() throws Exception {
        Pair pair = connect(A);
        byte[] bytes = noise(8_000_000);
        Imposed cut = network.impose(Rule.CUT, List.of(A_TO_B));
        background(() -> pair.say(bytes));
        assertSilent(pair.far);
        assertThat(network.counters(A, B).forwarded()).isZero();
        Await.until(
                "reading stops at the bound", 10, () -> network.counters(A, B).held() == Pipe.MAX_HELD_BYTES);
        pair.answer(new byte[] {5});
        assertThat(read(pair.near, 1)).containsExactly(5);
        cut.close();
        cut.close();
        assertThat(read(pair.far, bytes.length)).isEqualTo(bytes);
        assertThat(network.clear()).isTrue();
    }

    @Test
    void newConnectionsThroughACutHangAndEndWithoutATrace() throws Exception {
        Imposed cut = network.impose(Rule.CUT, List.of(A_TO_B));
        Socket givesUp = dial(A);
        givesUp.getOutputStream().write(1);
        givesUp.close();
        Socket stays = dial(A);
        stays.getOutputStream().write(2);
        assertSilent(stays);
        Await.until("one of them was given up", 10, () -> network.counters(A, B).connections() == 1);
        cut.close();
        Socket far = accept();
        assertThat(read(far, 1)).containsExactly(2);
    }

    @Test
    void theEndOfAConnectionDoesNotPassACut() throws Exception {
        Pair pair = connect(A);
        Imposed cut = network.impose(Rule.CUT, List.of(A_TO_B.back()));
        pair.far.setSoLinger(true, 0);
        pair.far.close();
        assertSilent(pair.near);
        pair.say(new byte[10]);
        assertSilent(pair.near);
        cut.close();
        assertReset(pair.near);
    }

    @Test
    void rulesAddUpAndOthersStayUntouched() throws Exception {
        Imposed one = network.impose(Rule.CUT, List.of(A_TO_B));
        Imposed two = network.impose(Rule.CUT, List.of(A_TO_B, A_TO_B.back()));
        one.close();
        Pair beside = connect(Endpoint.beside(0));
        beside.say(new byte[] {9});
        assertThat(read(beside.far, 1)).containsExactly(9);
        Socket near = dial(A);
        near.getOutputStream().write(1);
        assertSilent(near);
        two.close();
        assertThat(read(accept(), 1)).containsExactly(1);
    }

    @Test
    void delayKeepsOrderAndTakesItsTime() throws Exception {
        Pair pair = connect(A);
        network.impose(Rule.delay(60, 120), List.of(A_TO_B));
        byte[] bytes = noise(200_000);
        long begin = System.nanoTime();
        background(() -> pair.say(bytes));
        assertThat(read(pair.far, bytes.length)).isEqualTo(bytes);
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin)).isGreaterThanOrEqualTo(60);
    }

    @Test
    void lostChunksComeLateAndInOrder() throws Exception {
        Pair pair = connect(A);
        network.impose(Rule.loss(0.9), List.of(A_TO_B));
        byte[] bytes = noise(50_000);
        long begin = System.nanoTime();
        background(() -> pair.say(bytes));
        assertThat(read(pair.far, bytes.length)).isEqualTo(bytes);
        assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(Rule.RETRANSMIT_NANOS);
    }

    @Test
    void throttleLimitsTheRate() throws Exception {
        Pair pair = connect(A);
        network.impose(Rule.throttle(100_000), List.of(A_TO_B));
        byte[] bytes = noise(30_000);
        long begin = System.nanoTime();
        background(() -> pair.say(bytes));
        assertThat(read(pair.far, bytes.length)).isEqualTo(bytes);
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin)).isGreaterThanOrEqualTo(250);
    }

    @Test
    void aConnectionIsResetInTheMiddleOfAMessage() throws Exception {
        Pair pair = connect(A);
        pair.say(new byte[1_000]);
        assertThat(read(pair.far, 1_000)).hasSize(1_000);
        network.impose(Rule.resetAfter(10), List.of(A_TO_B));
        pair.say(new byte[100]);
        assertThat(read(pair.far, 10)).hasSize(10);
        assertReset(pair.far);
        assertReset(pair.near);
        assertThat(network.counters(A, B).resets()).isEqualTo(1);
    }

    @Test
    void resetReachesBothSidesOfThatLinkOnly() throws Exception {
        Pair pair = connect(A);
        Pair other = connect(Endpoint.OUTSIDE.equals(A) ? B : Endpoint.beside(1));
        assertThat(network.reset(B, A)).isEqualTo(1);
        assertReset(pair.near);
        assertReset(pair.far);
        other.say(new byte[] {3});
        assertThat(read(other.far, 1)).containsExactly(3);
    }

    @Test
    void halfOpenIsForgottenByOneSideAndSilentForTheOther() throws Exception {
        Pair pair = connect(A);
        Network.HalfOpen half = network.halfOpen(B, A);
        assertThat(half.connections()).isEqualTo(1);
        assertReset(pair.far);
        pair.say(new byte[100]);
        assertSilent(pair.near);
        Pair fresh = connect(A);
        fresh.say(new byte[] {4});
        assertThat(read(fresh.far, 1)).containsExactly(4);
        half.imposed().close();
        assertReset(pair.near);
    }

    @Test
    void aProcessThatIsGoneRefusesUnlessACutHidesIt() throws Exception {
        Pair pair = connect(A);
        server.close();
        pair.far.close();
        assertThat(pair.near.getInputStream().read()).isEqualTo(-1);
        Await.until("connections are refused", 10, () -> refused());
        server = listen();
        Await.until("connections are taken again", 10, () -> !refused());
        Imposed cut = network.impose(Rule.CUT, List.of(A_TO_B));
        server.close();
        Socket hangs = dial(A);
        assertSilent(hangs);
        cut.close();
        assertReset(hangs);
        Await.until("connections are refused", 10, () -> refused());
    }

    private boolean refused() throws IOException {
        try (Socket socket = dial(A)) {
            return !socket.isConnected();
        } catch (ConnectException e) {
            return true;
        }
    }

    @Test
    void aPortThatSomethingElseHasIsToldOfAtOnce() throws Exception {
        try (ServerSocket other = new ServerSocket()) {
            other.bind(new InetSocketAddress(Endpoint.announced(0), PORT));
            assertThatThrownBy(() -> network.serve(0, List.of(PORT)))
                    .hasMessageContaining("the proxy cannot listen on");
        }
    }
}

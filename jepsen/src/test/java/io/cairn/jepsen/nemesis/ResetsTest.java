package io.cairn.jepsen.nemesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.jepsen.net.Endpoint;
import io.cairn.jepsen.net.Network;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.RawClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A process that answers every line PING, behind a network. */
class ResetsTest {
    private static final int PORT = 22392;

    private final Network network = new Network(2, 3);
    private final ServerSocket server = listen();
    private final Address behind = new Address(Endpoint.announced(1), PORT);
    private final FakeCluster cluster = new FakeCluster(network, List.of(behind, behind));
    private final Resets resets = new Resets("reset", 1, List.of(Endpoint.process(0)));

    @BeforeEach
    void serve() {
        Thread thread = new Thread(this::accept, "accept");
        thread.setDaemon(true);
        thread.start();
        network.serve(1, List.of(PORT));
    }

    @AfterEach
    void close() throws IOException {
        network.close();
        server.close();
    }

    @Test
    void theProbesAloneShowNothing() {
        resets.strike(cluster);
        assertThatThrownBy(() -> resets.confirm(cluster))
                .isInstanceOf(UnconfirmedException.class)
                .hasMessageContaining("5 connections reset, 5 of them probes");
    }

    @Test
    void aConnectionOfSomebodyElseIsProof() throws Exception {
        try (RawClient other = Proof.connect(cluster, Endpoint.process(0), 1, Proof.PATIENCE_MILLIS)) {
            other.call("PING");
            resets.strike(cluster);
        }
        assertThat(resets.confirm(cluster)).startsWith("6 connections reset in 5 rounds, 5 of them probes");
    }

    private static ServerSocket listen() {
        try {
            ServerSocket listening = new ServerSocket();
            listening.setReuseAddress(true);
            listening.bind(new InetSocketAddress(Endpoint.bound(1), PORT));
            return listening;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                Thread thread = new Thread(() -> answer(socket), "answer");
                thread.setDaemon(true);
                thread.start();
            } catch (IOException e) {
                return;
            }
        }
    }

    private static void answer(Socket socket) {
        try (socket) {
            byte[] buffer = new byte[100];
            while (socket.getInputStream().read(buffer) >= 0) {
                socket.getOutputStream().write("+PONG\r\n".getBytes(StandardCharsets.US_ASCII));
            }
        } catch (IOException e) {
            // It was reset, which is what the test is about.
        }
    }
}

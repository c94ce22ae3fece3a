package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.command.Release;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ClusterClientTest {
    @Test
    void createSaysWhatItWaitsFor() throws Exception {
        int port;
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = closed.getLocalPort();
        }
        LinkedBlockingQueue<String> lines = new LinkedBlockingQueue<>();
        ClusterClient client = new ClusterClient(ClusterClient.addresses(List.of("127.0.0.1:" + port)), Login.none());
        Thread thread = new Thread(() -> {
            try {
                client.create(2, false, lines::add);
            } catch (IOException | InterruptedException e) {
                lines.add(e.toString());
            }
        });
        thread.start();
        assertThat(lines.poll(20, TimeUnit.SECONDS))
                .startsWith("waiting, 60 s at most: cannot reach 127.0.0.1:" + port + ": ");
        thread.interrupt();
        thread.join();
    }

    @Test
    void theVersionIsThatOfTheRelease() {
        assertThat(new Main.Version().getVersion())
                .containsExactly("cairn " + Release.VERSION + ", Java " + Runtime.version());
    }
}

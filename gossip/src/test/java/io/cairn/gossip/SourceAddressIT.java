package io.cairn.gossip;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import org.junit.jupiter.api.Test;

class SourceAddressIT {
    private static final String ID = "0".repeat(39) + "1";

    @Test
    void seedsAreDialledFromTheSourceAddress() throws Exception {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        int own;
        try (ServerSocket free = new ServerSocket(0, 1, loopback)) {
            own = free.getLocalPort();
        }
        try (ServerSocket seed = new ServerSocket(0, 1, loopback);
                GossipThreads threads = new GossipThreads()) {
            seed.setSoTimeout(20_000);
            GossipOptions options = new GossipOptions(
                    threads,
                    "127.0.0.1",
                    own,
                    InetAddress.getByAddress(new byte[] {127, 0, 9, 9}),
                    new NodeInfo(ID, 1, "127.0.0.1", own, own, 0, "p", "", "", "test"),
                    List.of(new SeedAddress("127.0.0.1", seed.getLocalPort())),
                    "",
                    null,
                    () -> new SoftState(0, 0, 1, 2, 3, true, "s", "", 0, 7));
            try (Gossip gossip = Gossip.start(options, new GossipListener() {});
                    Socket dialled = seed.accept()) {
                assertThat(dialled.getInetAddress().getHostAddress()).isEqualTo("127.0.9.9");
                assertThat(gossip.members()).hasSizeLessThan(2);
            }
        }
    }
}

package io.cairn.migrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class MigrateLinkTest {
    /** A target that was stopped while its link lay in the cache held the slot until it went on. */
    @Test
    @Timeout(30)
    void aLinkThatWasUsedBeforeHasATimeoutToo() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                MigrateLink link = MigrateLink.connect("127.0.0.1", server.getLocalPort(), 5_000);
                Socket target = server.accept()) {
            link.bulk("a");
            link.flush();
            target.getOutputStream().write("+OK\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(link.readLine()).isEqualTo("+OK");
            link.timeout(100);
            link.bulk("b");
            link.flush();
            assertThatThrownBy(link::readLine).isInstanceOf(SocketTimeoutException.class);
        }
    }
}

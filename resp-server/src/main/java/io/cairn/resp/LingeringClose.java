package io.cairn.resp;

import io.netty.channel.Channel;
import io.netty.channel.socket.DuplexChannel;
import java.util.concurrent.TimeUnit;

/**
 * Closes a connection whose client may still be sending after a protocol error: closing at once would reset the
 * connection and lose the reply that says why, so its input is thrown away for a moment.
 */
final class LingeringClose {
    /** How long input is thrown away. */
    private static final long LINGER_MILLIS = 1_000;

    private LingeringClose() {}

    /** Everything is sent; on the event loop. Whoever sees the end of the input closes earlier. */
    static void close(Channel channel, boolean clientMayBeSending) {
        if (!clientMayBeSending || !(channel instanceof DuplexChannel duplex)) {
            channel.close();
            return;
        }
        duplex.shutdownOutput();
        channel.config().setAutoRead(true);
        channel.eventLoop().schedule(() -> channel.close(), LINGER_MILLIS, TimeUnit.MILLISECONDS);
    }
}

package io.cairn.jepsen.net;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** One of the two sockets of a proxied connection. Network thread only. */
final class End {
    final SocketChannel channel;
    private final SelectionKey key;
    private @Nullable Pipe reads;
    private @Nullable Pipe writes;
    /** Not connected yet. */
    boolean connecting;
    /** Not even dialled; to a selector such a socket looks like one that is hung up. */
    boolean idle;

    /** @param key of the channel, its operations are set here */
    End(SocketChannel channel, SelectionKey key) {
        this.channel = channel;
        this.key = key;
    }

    /** Which pipe takes from this socket and which gives to it. */
    void attach(Pipe reads, Pipe writes) {
        this.reads = reads;
        this.writes = writes;
    }

    /** Asks the selector for what the pipes can use now. */
    void updateInterest() {
        if (!key.isValid() || reads == null || writes == null) {
            return;
        }
        int operations = 0;
        if (connecting) {
            operations = idle ? 0 : SelectionKey.OP_CONNECT;
        } else {
            operations |= reads.wantsRead() ? SelectionKey.OP_READ : 0;
            operations |= writes.wantsWrite() ? SelectionKey.OP_WRITE : 0;
        }
        if (key.interestOps() != operations) {
            key.interestOps(operations);
        }
    }

    /** Neither reads nor writes any more, but stays open. */
    void deafen() {
        key.cancel();
    }

    void shutdownOutput() {
        try {
            channel.shutdownOutput();
        } catch (IOException e) {
            // It is gone already, which is more than it was to be told.
        }
    }

    /** Closes; with an RST instead of a FIN when {@code reset}. */
    void close(boolean reset) {
        try {
            if (reset) {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
        } catch (IOException e) {
            // It was never connected, or the other side was first.
        }
        try {
            channel.close();
        } catch (IOException e) {
            // Nothing is left to close.
        }
    }
}

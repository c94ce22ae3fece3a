package io.cairn.jepsen.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The proxy of one port of a process. It listens only while the process does: servers take a refused connection as proof
 * that a process is gone, and a proxy that always accepts would hide that. While the process is cut off from anybody it goes
 * on listening, since nobody could hear a refusal through a cut. Network thread only.
 */
final class Listener {
    private static final int BACKLOG = 512;
    /** In a row, each a look apart: five seconds. */
    private static final int MOST_FAILED_BINDS = 250;
    /** Between two looks whether a process listens again. */
    static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Network.Loop loop;
    private final Endpoint endpoint;
    private final InetSocketAddress announced;
    private final InetSocketAddress target;
    private @Nullable ServerSocketChannel channel;
    private @Nullable SocketChannel probe;
    private boolean down = true;
    private int failedBinds;

    Listener(Network.Loop loop, int process, int port) {
        this.loop = loop;
        this.endpoint = Endpoint.process(process);
        this.announced = new InetSocketAddress(Endpoint.announced(process), port);
        this.target = new InetSocketAddress(Endpoint.bound(process), port);
    }

    Endpoint endpoint() {
        return endpoint;
    }

    /** Called every {@link #POLL_NANOS}. */
    void poll() {
        if (down || probe != null) {
            check();
        }
    }

    /** Looks whether the process listens; a socket of its own finds out. */
    void check() {
        try {
            SocketChannel asking = probe;
            if (asking == null) {
                asking = SocketChannel.open();
                asking.configureBlocking(false);
                probe = asking;
                asking.connect(target);
            }
            if (!asking.finishConnect()) {
                return;
            }
        } catch (IOException e) {
            endProbe();
            refused();
            return;
        }
        endProbe();
        down = false;
        open();
    }

    /**
     * Finds out whether the announced address can be had at all, before any process listens.
     *
     * @throws UncheckedIOException when something else has it
     */
    void claim() {
        try (ServerSocketChannel listening = ServerSocketChannel.open()) {
            listening.bind(announced, BACKLOG);
        } catch (IOException e) {
            throw taken(e);
        }
    }

    private UncheckedIOException taken(IOException why) {
        return new UncheckedIOException("the proxy cannot listen on " + announced + ": " + why.getMessage(), why);
    }

    /** A connection to the process was refused. */
    void refused() {
        down = true;
        rulesChanged();
    }

    void rulesChanged() {
        if (down && !loop.cutOff(endpoint)) {
            shut();
        }
    }

    private void open() {
        if (channel != null) {
            return;
        }
        try {
            ServerSocketChannel listening = ServerSocketChannel.open();
            try {
                listening.configureBlocking(false);
                listening.bind(announced, BACKLOG);
                listening.register(loop.selector(), SelectionKey.OP_ACCEPT, this);
                channel = listening;
                failedBinds = 0;
            } catch (IOException e) {
                listening.close();
                throw e;
            }
        } catch (IOException e) {
            // A channel that was shut in this round keeps the address until the selector has let go of it.
            failedBinds++;
            if (failedBinds > MOST_FAILED_BINDS) {
                // No process's doing: the network ends, and whoever asks it next is told.
                throw taken(e);
            }
            down = true;
        }
    }

    private void shut() {
        ServerSocketChannel listening = channel;
        channel = null;
        if (listening != null) {
            try {
                listening.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    void acceptable() throws IOException {
        ServerSocketChannel listening = channel;
        SocketChannel accepted = listening == null ? null : listening.accept();
        if (accepted == null) {
            return;
        }
        accepted.configureBlocking(false);
        accepted.setOption(StandardSocketOptions.TCP_NODELAY, true);
        InetSocketAddress from = (InetSocketAddress) accepted.getRemoteAddress();
        loop.accepted(this, accepted, from.getAddress().getHostAddress());
    }

    /** Begins to connect to the process; false when that failed at once. */
    boolean dial(End far, Endpoint dialler) {
        try {
            if (dialler.kind() != Endpoint.Kind.CLIENTS_OUTSIDE) {
                far.channel.bind(new InetSocketAddress(dialler.shown(), 0));
            }
            if (far.channel.connect(target)) {
                far.connecting = false;
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void endProbe() {
        SocketChannel asking = probe;
        probe = null;
        if (asking != null) {
            try {
                asking.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    void close() {
        endProbe();
        shut();
    }
}

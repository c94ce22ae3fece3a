package io.cairn.replica;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The connection to a primary. Used by one thread; each wait for the other side is bounded. {@link #close} may come from any thread and ends what is under
 * way with an exception.
 */
final class LinkChannel implements AutoCloseable {
    private static final int MAX_LINE = 64 * 1024;

    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey ready;
    private final ByteBuffer line = ByteBuffer.allocate(1);
    /** When something came last, milliseconds of the Unix epoch. */
    private volatile long lastReadMillis;

    /** Guarded by this; 0 before anybody asked. */
    private long id;

    private final long openedMillis = System.currentTimeMillis();

    private LinkChannel(SocketChannel channel, Selector selector) throws IOException {
        this.channel = channel;
        this.selector = selector;
        channel.configureBlocking(false);
        this.ready = channel.register(selector, 0);
    }

    /** Told of the channel before it is connected, so that others can close it. */
    @FunctionalInterface
    interface Opened {
        void accept(LinkChannel channel) throws IOException;
    }

    /** @param source local address, empty to leave it to the kernel */
    static LinkChannel connect(String host, int port, String source, long timeoutMillis, Opened opened)
            throws IOException {
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new IOException("unknown host " + host);
        }
        SocketChannel channel = SocketChannel.open();
        Selector selector = null;
        boolean done = false;
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            if (!source.isEmpty()) {
                channel.bind(new InetSocketAddress(source, 0));
            }
            selector = Selector.open();
            LinkChannel link = new LinkChannel(channel, selector);
            opened.accept(link);
            if (!channel.connect(address)) {
                link.await(SelectionKey.OP_CONNECT, timeoutMillis);
                channel.finishConnect();
            }
            link.lastReadMillis = System.currentTimeMillis();
            done = true;
            return link;
        } finally {
            if (!done) {
                channel.close();
                if (selector != null) {
                    selector.close();
                }
            }
        }
    }

    /** Waits for readiness, at most so long. */
    private void await(int operation, long timeoutMillis) throws IOException {
        if (!ready(operation, timeoutMillis)) {
            throw new SocketTimeoutException("silent for " + timeoutMillis + " ms");
        }
    }

    private boolean ready(int operation, long timeoutMillis) throws IOException {
        try {
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
            ready.interestOps(operation);
            while (true) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0) {
                    return false;
                }
                selector.select(left);
                selector.selectedKeys().clear();
                if ((ready.readyOps() & operation) != 0) {
                    return true;
                }
                if (Thread.currentThread().isInterrupted()) {
                    throw new IOException("interrupted");
                }
            }
        } catch (java.nio.channels.CancelledKeyException | java.nio.channels.ClosedSelectorException e) {
            throw new IOException("closed", e);
        }
    }

    /**
     * Reads what there is.
     *
     * @return bytes read, 0 when nothing came within the time
     * @throws EOFException when the primary closed
     */
    int read(ByteBuffer into, long timeoutMillis) throws IOException {
        int count = channel.read(into);
        if (count == 0 && ready(SelectionKey.OP_READ, timeoutMillis)) {
            count = channel.read(into);
        }
        if (count < 0) {
            throw new EOFException("closed by the primary");
        }
        if (count > 0) {
            lastReadMillis = System.currentTimeMillis();
        }
        return count;
    }

    /** One line without its end, empty for a sign of life; byte by byte, so that what follows stays where it is. */
    String readLine(long timeoutMillis) throws IOException {
        StringBuilder text = new StringBuilder();
        while (true) {
            line.clear();
            if (read(line, timeoutMillis) == 0) {
                throw new SocketTimeoutException("silent for " + timeoutMillis + " ms");
            }
            char c = (char) (line.get(0) & 0xff);
            if (c == '\n') {
                int length = text.length();
                return length > 0 && text.charAt(length - 1) == '\r' ? text.substring(0, length - 1) : text.toString();
            }
            if (text.length() == MAX_LINE) {
                throw new IOException("an endless line");
            }
            text.append(c);
        }
    }

    void command(long timeoutMillis, List<String> words) throws IOException {
        StringBuilder text = new StringBuilder("*").append(words.size()).append("\r\n");
        for (String word : words) {
            int length = word.getBytes(StandardCharsets.UTF_8).length;
            text.append('$').append(length).append("\r\n").append(word).append("\r\n");
        }
        write(text.toString().getBytes(StandardCharsets.UTF_8), timeoutMillis);
    }

    void write(byte[] bytes, long timeoutMillis) throws IOException {
        ByteBuffer out = ByteBuffer.wrap(bytes);
        while (out.hasRemaining()) {
            if (channel.write(out) == 0) {
                await(SelectionKey.OP_WRITE, timeoutMillis);
            }
        }
    }

    /** As a client of the node. */
    synchronized long id(LongSupplier ids) {
        if (id == 0) {
            id = ids.getAsLong();
        }
        return id;
    }

    long openedMillis() {
        return openedMillis;
    }

    long lastReadMillis() {
        return lastReadMillis;
    }

    String localAddress() {
        return text(true);
    }

    String remoteAddress() {
        return text(false);
    }

    private String text(boolean local) {
        try {
            Object address = local ? channel.getLocalAddress() : channel.getRemoteAddress();
            return address instanceof InetSocketAddress internet
                    ? internet.getAddress().getHostAddress() + ":" + internet.getPort()
                    : "?:0";
        } catch (IOException e) {
            return "?:0";
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // It is gone either way.
        }
        try {
            selector.close();
        } catch (IOException e) {
            // So is this.
        }
    }
}

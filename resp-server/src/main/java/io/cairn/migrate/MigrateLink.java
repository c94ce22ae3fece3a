package io.cairn.migrate;

import io.cairn.keyspace.Memory;
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
import java.util.concurrent.TimeUnit;

/**
 * A connection to the target of MIGRATE. Each wait for the other side, of a write too, is bounded by the timeout; then
 * SocketTimeoutException. Used by one thread at a time.
 */
final class MigrateLink implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 * 1024;
    private static final int MAX_LINE = 64 * 1024;

    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey ready;
    private final ByteBuffer out = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final ByteBuffer in = ByteBuffer.allocate(4096).limit(0);
    private long timeoutMillis;
    /** The database that was selected there, -1 when that is not known. */
    long database = -1;

    /** When it was used last, by System.nanoTime. */
    long usedNanos;

    private MigrateLink(SocketChannel channel, Selector selector) throws IOException {
        this.channel = channel;
        this.selector = selector;
        channel.configureBlocking(false);
        this.ready = channel.register(selector, 0);
    }

    static MigrateLink connect(String host, int port, long timeoutMillis) throws IOException {
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new IOException("unknown host " + host);
        }
        SocketChannel channel = SocketChannel.open();
        Selector selector = null;
        boolean done = false;
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            selector = Selector.open();
            MigrateLink link = new MigrateLink(channel, selector);
            link.timeoutMillis = timeoutMillis;
            if (!channel.connect(address)) {
                link.await(SelectionKey.OP_CONNECT);
                channel.finishConnect();
            }
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

    void timeout(long millis) {
        timeoutMillis = millis;
    }

    private void await(int operation) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        ready.interestOps(operation);
        while (true) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0) {
                throw new SocketTimeoutException();
            }
            selector.select(left);
            // Of a key that was not selected, readyOps are those of an earlier time.
            if (selector.selectedKeys().remove(ready) && (ready.readyOps() & operation) != 0) {
                return;
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new IOException("interrupted");
            }
        }
    }

    // ---- requests

    void array(int size) throws IOException {
        ascii("*" + size + "\r\n");
    }

    void bulk(byte[] bytes) throws IOException {
        ascii("$" + bytes.length + "\r\n");
        bytes(bytes);
        ascii("\r\n");
    }

    void bulk(String text) throws IOException {
        bulk(text.getBytes(StandardCharsets.UTF_8));
    }

    void bulk(long address, int length) throws IOException {
        ascii("$" + length + "\r\n");
        for (int done = 0; done < length; ) {
            if (!out.hasRemaining()) {
                flush();
            }
            int part = Math.min(length - done, out.remaining());
            Memory.copy(address + done, Memory.addressOf(out) + out.position(), part);
            out.position(out.position() + part);
            done += part;
        }
        ascii("\r\n");
    }

    private void ascii(String text) throws IOException {
        bytes(text.getBytes(StandardCharsets.US_ASCII));
    }

    private void bytes(byte[] bytes) throws IOException {
        for (int done = 0; done < bytes.length; ) {
            if (!out.hasRemaining()) {
                flush();
            }
            int part = Math.min(bytes.length - done, out.remaining());
            out.put(bytes, done, part);
            done += part;
        }
    }

    /** Hands all over to the kernel. */
    void flush() throws IOException {
        out.flip();
        try {
            while (out.hasRemaining()) {
                if (channel.write(out) == 0) {
                    await(SelectionKey.OP_WRITE);
                }
            }
        } finally {
            out.clear();
        }
    }

    // ---- replies

    /** One line without its end; MIGRATE's requests have no other replies. */
    String readLine() throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            if (!in.hasRemaining()) {
                fill();
            }
            char c = (char) (in.get() & 0xff);
            if (c == '\n') {
                int length = line.length();
                return length > 0 && line.charAt(length - 1) == '\r' ? line.substring(0, length - 1) : line.toString();
            }
            if (line.length() == MAX_LINE) {
                throw new IOException("an endless reply");
            }
            line.append(c);
        }
    }

    private void fill() throws IOException {
        in.clear();
        int count = channel.read(in);
        while (count == 0) {
            await(SelectionKey.OP_READ);
            count = channel.read(in);
        }
        in.flip();
        if (count < 0) {
            in.limit(0);
            throw new EOFException("closed by the target");
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

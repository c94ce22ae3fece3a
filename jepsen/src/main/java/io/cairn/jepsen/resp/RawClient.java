package io.cairn.jepsen.resp;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One RESP2 connection over a plain socket. It never reconnects and never sends anything twice: after the first failure
 * it is closed and stays so, and whatever was in flight has an unknown outcome. Client libraries retry silently, which
 * turns one acknowledged INCR into two applied ones; nothing can be counted through them.
 *
 * <p>One thread at a time may send and one may receive; {@link #call} does both.
 */
public final class RawClient implements AutoCloseable {
    /** A reply line longer than this is not RESP. */
    private static final int MAX_LINE_BYTES = 1 << 20;

    private final Address address;
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private boolean answered;

    private RawClient(Address address, Socket socket) throws IOException {
        this.address = address;
        this.socket = socket;
        in = new BufferedInputStream(socket.getInputStream(), 16 * 1024);
        out = new BufferedOutputStream(socket.getOutputStream(), 16 * 1024);
    }

    /** Connects, or says that nothing was sent. */
    public static RawClient connect(Address address, Timeouts timeouts) throws NotSentException {
        return connect(address, timeouts, null);
    }

    /**
     * Connects from a given local address, by which the harness's network knows beside which process a client sits.
     *
     * @param source a numeric address, or null for the kernel's choice
     */
    public static RawClient connect(Address address, Timeouts timeouts, @Nullable String source)
            throws NotSentException {
        Socket socket = new Socket();
        try {
            if (source != null) {
                socket.bind(new InetSocketAddress(source, 0));
            }
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(timeouts.replyMillis());
            socket.connect(new InetSocketAddress(address.host(), address.port()), timeouts.connectMillis());
            return new RawClient(address, socket);
        } catch (IOException e) {
            closeQuietly(socket);
            throw new NotSentException("no connection to " + address + ": " + e.getMessage(), e);
        }
    }

    public Address address() {
        return address;
    }

    /** Whether it was closed, by its user or by a failure. */
    public boolean isClosed() {
        return socket.isClosed();
    }

    /** Whether any reply ever came; for the thread that receives. */
    public boolean answered() {
        return answered;
    }

    /** Sends a command written as words and waits for its reply. */
    public Reply call(String... words) throws OutcomeUnknownException {
        return call(words(words));
    }

    /** Sends a command and waits for its reply; on any failure the connection is closed. */
    public Reply call(byte[]... args) throws OutcomeUnknownException {
        send(args);
        flush();
        return receive();
    }

    /** Puts a command into the output buffer. */
    public void send(byte[]... args) throws OutcomeUnknownException {
        try {
            write("*" + args.length + "\r\n");
            for (byte[] arg : args) {
                write("$" + arg.length + "\r\n");
                out.write(arg);
                write("\r\n");
            }
        } catch (IOException e) {
            throw lost(e);
        }
    }

    /** Sends bytes as they are, for input that is no command. */
    public void sendRaw(byte[] bytes, int offset, int length) throws OutcomeUnknownException {
        try {
            out.write(bytes, offset, length);
        } catch (IOException e) {
            throw lost(e);
        }
    }

    /** Pushes the output buffer to the socket. */
    public void flush() throws OutcomeUnknownException {
        try {
            out.flush();
        } catch (IOException e) {
            throw lost(e);
        }
    }

    /** Waits for the next reply. */
    public Reply receive() throws OutcomeUnknownException {
        try {
            Reply reply = read();
            answered = true;
            return reply;
        } catch (IOException | NumberFormatException e) {
            throw lost(e);
        }
    }

    /** A command given as words, each word one argument in Latin-1. */
    public static byte[][] words(String... words) {
        byte[][] args = new byte[words.length][];
        for (int i = 0; i < words.length; i++) {
            args[i] = words[i].getBytes(StandardCharsets.ISO_8859_1);
        }
        return args;
    }

    @Override
    public void close() {
        closeQuietly(socket);
    }

    private OutcomeUnknownException lost(Exception cause) {
        close();
        return new OutcomeUnknownException("lost " + address + ": " + cause, cause);
    }

    private void write(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private Reply read() throws IOException {
        String line = line();
        String rest = line.substring(1);
        return switch (line.charAt(0)) {
            case '+' -> new Reply.Simple(rest);
            case '-' -> new Reply.Failure(rest);
            case ':' -> new Reply.Int(Long.parseLong(rest));
            case '$' -> bulk(Integer.parseInt(rest));
            case '*' -> array(Integer.parseInt(rest));
            default -> throw new ProtocolException("not a RESP2 reply: " + line);
        };
    }

    private Reply bulk(int length) throws IOException {
        if (length < 0) {
            return new Reply.Nil();
        }
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length || in.read() != '\r' || in.read() != '\n') {
            throw new EOFException("bulk string cut short");
        }
        return new Reply.Bulk(bytes);
    }

    private Reply array(int count) throws IOException {
        if (count < 0) {
            return new Reply.Nil();
        }
        List<Reply> items = new ArrayList<>(Math.min(count, 1024));
        for (int i = 0; i < count; i++) {
            items.add(read());
        }
        return new Reply.Array(items);
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder(32);
        for (int c = in.read(); c != '\r'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("end of stream");
            }
            if (line.length() == MAX_LINE_BYTES) {
                throw new ProtocolException("a reply line without an end");
            }
            line.append((char) c);
        }
        if (in.read() != '\n' || line.length() == 0) {
            throw new ProtocolException("not a RESP2 reply line: " + line);
        }
        return line.toString();
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // The connection is given up either way, and the caller already knows why.
        }
    }
}

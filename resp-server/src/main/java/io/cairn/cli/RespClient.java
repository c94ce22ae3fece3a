package io.cairn.cli;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A blocking RESP2 connection for the command line's own calls to a node. Replies are String (simple and bulk, UTF-8),
 * Long, List, null, or an exception for an error reply. Not thread-safe; every call is bounded by the timeout.
 */
final class RespClient implements AutoCloseable {
    private static final int MAX_LENGTH = 64 << 20;
    /** A server that takes longer to accept is as good as down. */
    private static final int CONNECT_MILLIS = 1_500;

    private final Socket socket = new Socket();
    private final InputStream in;
    private final OutputStream out;

    RespClient(String host, int port, int timeoutMillis) throws IOException {
        try {
            socket.connect(new InetSocketAddress(host, port), Math.min(CONNECT_MILLIS, timeoutMillis));
            socket.setSoTimeout(timeoutMillis);
            socket.setTcpNoDelay(true);
            in = new BufferedInputStream(socket.getInputStream());
            out = socket.getOutputStream();
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** The node answered with an error line. */
    static final class ErrorReply extends IOException {
        private static final long serialVersionUID = 1L;

        ErrorReply(String message) {
            super(message);
        }
    }

    @Nullable
    Object call(String... words) throws IOException {
        List<byte[]> all = new ArrayList<>();
        for (String word : words) {
            all.add(word.getBytes(StandardCharsets.UTF_8));
        }
        return call(all);
    }

    @Nullable
    Object call(List<byte[]> words) throws IOException {
        StringBuilder request = new StringBuilder("*").append(words.size()).append("\r\n");
        for (byte[] bytes : words) {
            request.append('$').append(bytes.length).append("\r\n");
            request.append(new String(bytes, StandardCharsets.ISO_8859_1)).append("\r\n");
        }
        out.write(request.toString().getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
        return read();
    }

    /** As {@link #call} for a command that answers text. */
    String text(String... words) throws IOException {
        Object reply = call(words);
        if (reply == null) {
            throw new IOException(String.join(" ", words) + ": empty reply");
        }
        return reply.toString();
    }

    private @Nullable Object read() throws IOException {
        String line = line();
        if (line.isEmpty()) {
            throw new IOException("not a RESP server");
        }
        String rest = line.substring(1);
        return switch (line.charAt(0)) {
            case '+' -> rest;
            case '-' -> throw new ErrorReply(rest);
            case ':' -> Long.valueOf(rest);
            case '$' -> bulk(length(rest));
            case '*' -> list(length(rest));
            default -> throw new IOException("not a RESP server: '" + line + "'");
        };
    }

    private @Nullable List<@Nullable Object> list(int size) throws IOException {
        if (size < 0) {
            return null;
        }
        List<@Nullable Object> list = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            list.add(read());
        }
        return list;
    }

    private static int length(String text) throws IOException {
        try {
            int length = Integer.parseInt(text);
            if (length <= MAX_LENGTH) {
                return length;
            }
        } catch (NumberFormatException e) {
            // Falls through to the same answer as a length that is too large.
        }
        throw new IOException("bad length in a reply: '" + text + "'");
    }

    private @Nullable String bulk(int length) throws IOException {
        if (length < 0) {
            return null;
        }
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length || in.read() != '\r' || in.read() != '\n') {
            throw new EOFException("connection closed in the middle of a reply");
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            int c = in.read();
            if (c < 0) {
                throw new EOFException("connection closed");
            }
            if (c == '\r') {
                if (in.read() != '\n') {
                    throw new IOException("not a RESP server");
                }
                return line.toString();
            }
            if (line.length() > 64 * 1024) {
                throw new IOException("not a RESP server: endless line");
            }
            line.append((char) c);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

package io.cairn.command;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A connection that shows replies as they are: raw bytes, one char a byte, or parsed. */
final class RespConnection implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private final Socket socket;
    private final InputStream in;

    RespConnection(int port) throws IOException {
        this(InetAddress.getLoopbackAddress().getHostAddress(), port);
    }

    /** @param host an address of the loopback interface */
    RespConnection(String host, int port) throws IOException {
        socket = new Socket(host, port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) TIMEOUT.toMillis());
        in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
    }

    /** Runs a command of words separated by single blanks. */
    String line(String line) throws IOException {
        return run(line.split(" ", -1));
    }

    String run(String... words) throws IOException {
        List<byte[]> arguments = new ArrayList<>();
        for (String word : words) {
            arguments.add(word.getBytes(StandardCharsets.ISO_8859_1));
        }
        return run(arguments);
    }

    String run(List<byte[]> arguments) throws IOException {
        send(arguments);
        return receive();
    }

    void send(List<byte[]> arguments) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(ascii("*" + arguments.size() + "\r\n"));
        for (byte[] argument : arguments) {
            out.writeBytes(ascii("$" + argument.length + "\r\n"));
            out.writeBytes(argument);
            out.writeBytes(ascii("\r\n"));
        }
        socket.getOutputStream().write(out.toByteArray());
    }

    /** One whole reply. */
    String receive() throws IOException {
        ByteArrayOutputStream reply = new ByteArrayOutputStream();
        readReply(reply);
        return reply.toString(StandardCharsets.ISO_8859_1);
    }

    /** True if nothing comes for a while. */
    boolean isSilent(int millis) throws IOException {
        socket.setSoTimeout(millis);
        in.mark(1);
        try {
            if (in.read() < 0) {
                throw new EOFException("the server closed the connection");
            }
            in.reset();
            return false;
        } catch (SocketTimeoutException e) {
            return true;
        } finally {
            socket.setSoTimeout((int) TIMEOUT.toMillis());
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private void readReply(ByteArrayOutputStream reply) throws IOException {
        String line = readLine(reply);
        switch (line.charAt(0)) {
            case '$', '=' -> {
                int length = Integer.parseInt(line.substring(1));
                if (length >= 0) {
                    reply.writeBytes(in.readNBytes(length + 2));
                }
            }
            case '*', '~', '>' -> readReplies(reply, Integer.parseInt(line.substring(1)));
            case '%' -> readReplies(reply, 2 * Integer.parseInt(line.substring(1)));
            default -> {}
        }
    }

    private void readReplies(ByteArrayOutputStream reply, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            readReply(reply);
        }
    }

    private String readLine(ByteArrayOutputStream reply) throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            int b = in.read();
            if (b < 0) {
                throw new EOFException("the server closed the connection");
            }
            reply.write(b);
            if (b == '\n') {
                return line.substring(0, line.length() - 1);
            }
            line.append((char) b);
        }
    }

    /** A RESP2 reply as lists, Strings, Longs and nulls; statuses and errors with their first character. */
    static @Nullable Object parse(String reply) {
        return new Parser(reply).value();
    }

    private static final class Parser {
        private final String reply;
        private int at;

        Parser(String reply) {
            this.reply = reply;
        }

        @Nullable
        Object value() {
            int end = reply.indexOf("\r\n", at);
            String line = reply.substring(at, end);
            at = end + 2;
            String rest = line.substring(1);
            return switch (line.charAt(0)) {
                case ':' -> Long.valueOf(rest);
                case '$' -> bulk(Integer.parseInt(rest));
                case '*' -> list(Integer.parseInt(rest));
                default -> line;
            };
        }

        private @Nullable String bulk(int length) {
            if (length < 0) {
                return null;
            }
            String text = reply.substring(at, at + length);
            at += length + 2;
            return text;
        }

        private @Nullable List<@Nullable Object> list(int size) {
            if (size < 0) {
                return null;
            }
            List<@Nullable Object> values = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                values.add(value());
            }
            return values;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

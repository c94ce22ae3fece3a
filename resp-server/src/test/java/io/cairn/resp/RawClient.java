package io.cairn.resp;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A socket that speaks RESP byte by byte and retries nothing. */
public final class RawClient implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 20_000;

    private final Socket socket = new Socket();
    private final InputStream in;

    public RawClient(int port) throws IOException {
        socket.connect(new InetSocketAddress(java.net.InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.setTcpNoDelay(true);
        in = new java.io.BufferedInputStream(socket.getInputStream());
    }

    public void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    public void send(String latin1) throws IOException {
        send(latin1.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** A RESP array of bulk strings. */
    public static byte[] request(String... words) {
        StringBuilder text = new StringBuilder("*" + words.length + "\r\n");
        for (String word : words) {
            text.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
        }
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Sends a command and returns its reply as the bytes that came, in ISO-8859-1. */
    public String call(String... words) throws IOException {
        send(request(words));
        return reply();
    }

    /** The next reply as it came; empty at the end of the stream. */
    public String reply() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        long open = 1;
        while (open > 0) {
            String line = line();
            if (line.isEmpty()) {
                return bytes.toString(StandardCharsets.ISO_8859_1);
            }
            open--;
            bytes.writeBytes((line + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            char type = line.charAt(0);
            if (type == '$' || type == '=') {
                int length = Integer.parseInt(line.substring(1));
                if (length >= 0) {
                    bytes.writeBytes(in.readNBytes(length + 2));
                }
            } else if (type == '*' || type == '~' || type == '>') {
                open += Math.max(0, Long.parseLong(line.substring(1)));
            } else if (type == '%') {
                open += 2 * Long.parseLong(line.substring(1));
            }
        }
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b >= 0; b = in.read()) {
            if (b == '\n' && line.length() > 0 && line.charAt(line.length() - 1) == '\r') {
                return line.substring(0, line.length() - 1);
            }
            line.append((char) b);
        }
        return "";
    }

    /** Everything until the other side closes. */
    public String readAll() throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    /** Says that nothing more will be sent. */
    public void endOutput() throws IOException {
        socket.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

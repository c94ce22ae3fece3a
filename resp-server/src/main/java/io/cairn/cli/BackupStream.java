package io.cairn.cli;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;

/**
 * A primary's data of one moment, as a follower gets it: PSYNC, whose first answer says that the moment is fixed, then an RDB
 * file. One thread at a time.
 */
final class BackupStream implements AutoCloseable {
    private static final int BLOCK_BYTES = 1 << 16;
    private static final int CONNECT_MILLIS = 5_000;
    private static final int MAX_LINE = 4_096;

    private final String address;
    private final Socket socket = new Socket();
    private final InputStream in;
    private final OutputStream out;

    BackupStream(InetSocketAddress node, Login login, int timeoutMillis) throws IOException {
        address = node.getHostString() + ":" + node.getPort();
        try {
            socket.connect(node, CONNECT_MILLIS);
            socket.setSoTimeout(timeoutMillis);
            socket.setTcpNoDelay(true);
            in = new BufferedInputStream(socket.getInputStream(), BLOCK_BYTES);
            out = socket.getOutputStream();
            String secret = login.secret();
            String user = login.user;
            if (secret != null) {
                send(user == null ? new String[] {"AUTH", secret} : new String[] {"AUTH", user, secret});
                expect("+OK");
            }
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private void send(String... words) throws IOException {
        StringBuilder request = new StringBuilder("*").append(words.length).append("\r\n");
        for (String word : words) {
            int bytes = word.getBytes(StandardCharsets.UTF_8).length;
            request.append('$').append(bytes).append("\r\n").append(word).append("\r\n");
        }
        out.write(request.toString().getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    private void expect(String start) throws IOException {
        String line = line();
        if (!line.startsWith(start)) {
            throw new IOException(address + ": " + (line.startsWith("-") ? line.substring(1) : line));
        }
    }

    /** A line that is not empty: empty ones are sent while a file is being made. */
    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            int c = in.read();
            if (c < 0) {
                throw new EOFException(address + " closed the connection");
            }
            if (c == '\n' && !line.isEmpty()) {
                return line.toString();
            }
            if (c != '\r' && c != '\n') {
                line.append((char) c);
            }
            if (line.length() > MAX_LINE) {
                throw new IOException(address + " does not speak Redis's protocol");
            }
        }
    }

    /** Returns once the moment is fixed. */
    void begin() throws IOException {
        send("PSYNC", "?", "-1");
        expect("+FULLRESYNC");
    }

    /** A file that was received. */
    record Received(long bytes, String sha256) {}

    /** Takes the data of that moment into a file, which is on the disk when this returns. */
    Received receive(Path file, int timeoutMillis) throws IOException {
        // Until the file is made there nothing comes.
        socket.setSoTimeout(timeoutMillis);
        String head = line();
        if (!head.matches("\\$[0-9]{1,18}")) {
            throw new IOException(address + ": " + head);
        }
        long bytes = Long.parseLong(head.substring(1));
        MessageDigest digest = BackupManifest.sha256();
        try (OutputStream to = Files.newOutputStream(file)) {
            byte[] block = new byte[BLOCK_BYTES];
            long left = bytes;
            while (left > 0) {
                int read = in.read(block, 0, (int) Math.min(block.length, left));
                if (read < 0) {
                    throw new EOFException(address + " closed the connection in the middle of its data");
                }
                digest.update(block, 0, read);
                to.write(block, 0, read);
                left -= read;
            }
        }
        BackupManifest.force(file);
        return new Received(bytes, BackupManifest.hex(digest.digest()));
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

package io.cairn.cli;

import io.cairn.keyspace.Memory;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A pipelined connection to one node: one thread sends, one of its own receives. */
final class ImportPipe implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 * 1024;
    private static final int CONNECT_MILLIS = 5_000;
    private static final int POLL_MILLIS = 500;
    private static final int MAX_LINE = 64 * 1024;

    final String host;
    final int port;
    /** The database that was selected; the sender's. */
    int database;

    private final Listener listener;
    private final long timeoutNanos;
    private final Socket socket = new Socket();
    private final InputStream in;
    private final OutputStream out;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int filled;
    private final ArrayDeque<ImportRequest> inFlight = new ArrayDeque<>();
    private volatile boolean dead;

    /** Told of answers, on the receiving thread. */
    interface Listener {
        void answered(ImportPipe pipe, ImportRequest request, String line);

        /** Nothing comes any more; what was sent and not answered is the listener's again. */
        void broken(ImportPipe pipe, List<ImportRequest> unanswered, IOException why);
    }

    ImportPipe(String host, int port, int timeoutMillis, Listener listener) throws IOException {
        this.host = host;
        this.port = port;
        this.listener = listener;
        this.timeoutNanos = TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        boolean done = false;
        try {
            socket.connect(new InetSocketAddress(host, port), Math.min(CONNECT_MILLIS, timeoutMillis));
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(POLL_MILLIS);
            in = new BufferedInputStream(socket.getInputStream());
            out = socket.getOutputStream();
            done = true;
        } finally {
            if (!done) {
                socket.close();
            }
        }
        Thread thread = new Thread(this::receive, "import-" + host + ":" + port);
        thread.setDaemon(true);
        thread.start();
    }

    boolean isDead() {
        return dead;
    }

    /** Sends behind what was sent before. It does not fail: the listener is told when the connection is broken. */
    void send(ImportRequest request) {
        request.sentNanos = System.nanoTime();
        boolean lost;
        synchronized (inFlight) {
            lost = dead;
            if (!lost) {
                inFlight.add(request);
            }
        }
        if (lost) {
            listener.broken(this, List.of(request), new EOFException("the connection is closed"));
            return;
        }
        try {
            for (int done = 0; done < request.length; ) {
                if (filled == buffer.length) {
                    flush();
                }
                int part = Math.min(request.length - done, buffer.length - filled);
                Memory.copy(request.block.address() + done, buffer, filled, part);
                filled += part;
                done += part;
            }
        } catch (IOException e) {
            close();
        }
    }

    /** Hands over what was sent. */
    void flushAll() {
        try {
            flush();
        } catch (IOException e) {
            close();
        }
    }

    private void flush() throws IOException {
        int count = filled;
        filled = 0;
        out.write(buffer, 0, count);
    }

    private void receive() {
        IOException why;
        try {
            while (true) {
                String line = reply();
                ImportRequest request;
                synchronized (inFlight) {
                    request = inFlight.poll();
                }
                if (request == null) {
                    throw new IOException("a reply that nobody asked for: " + line);
                }
                listener.answered(this, request, line);
            }
        } catch (IOException e) {
            why = e;
        }
        close();
        List<ImportRequest> unanswered;
        synchronized (inFlight) {
            dead = true;
            unanswered = new ArrayList<>(inFlight);
            inFlight.clear();
        }
        listener.broken(this, unanswered, why);
    }

    /** One whole reply; its first line, which is what matters, and the first error within it. */
    private String reply() throws IOException {
        String line = line();
        if (line.startsWith("$") && !line.startsWith("$-")) {
            long left = length(line) + 2;
            while (left > 0) {
                try {
                    long skipped = in.skip(left);
                    if (skipped == 0) {
                        if (in.read() < 0) {
                            throw new EOFException("the server closed the connection");
                        }
                        skipped = 1;
                    }
                    left -= skipped;
                } catch (SocketTimeoutException e) {
                    checkPatience();
                }
            }
        } else if (line.startsWith("*")) {
            String error = "";
            for (long i = length(line); i > 0; i--) {
                String part = reply();
                int at = part.startsWith("-") ? 0 : part.startsWith("*") ? part.indexOf(" -") + 1 : -1;
                if (error.isEmpty() && (at > 0 || part.startsWith("-"))) {
                    error = " " + part.substring(at);
                }
            }
            return line + error;
        }
        return line;
    }

    private static long length(String line) throws IOException {
        try {
            return Long.parseLong(line.substring(1));
        } catch (NumberFormatException e) {
            throw new IOException("not a RESP server: '" + line + "'", e);
        }
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            int c;
            try {
                c = in.read();
            } catch (SocketTimeoutException e) {
                checkPatience();
                continue;
            }
            if (c < 0) {
                throw new EOFException("the server closed the connection");
            }
            if (c == '\n') {
                return line.substring(0, Math.max(0, line.length() - 1));
            }
            if (line.length() == MAX_LINE) {
                throw new IOException("not a RESP server: endless line");
            }
            line.append((char) c);
        }
    }

    private void checkPatience() throws IOException {
        synchronized (inFlight) {
            ImportRequest oldest = inFlight.peek();
            if (oldest != null && System.nanoTime() - oldest.sentNanos > timeoutNanos) {
                throw new IOException("no answer for " + TimeUnit.NANOSECONDS.toSeconds(timeoutNanos) + " s");
            }
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // It is gone either way.
        }
    }
}

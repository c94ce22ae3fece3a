package io.cairn.command;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A TCP link between a replica and its primary that can be cut, for a moment or until it is joined again. */
final class CutLink implements AutoCloseable {
    private final ServerSocket server;
    private final int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile boolean blocked;

    /** @param target port of this machine */
    CutLink(int target) throws IOException {
        this.target = target;
        this.server = new ServerSocket(RedisProcess.freePort(), 16, InetAddress.getLoopbackAddress());
        daemon(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    private static void daemon(Runnable run) {
        Thread thread = new Thread(run, "cut-link");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket in = server.accept();
                if (blocked) {
                    in.close();
                    continue;
                }
                Socket out = new Socket(InetAddress.getLoopbackAddress(), target);
                in.setTcpNoDelay(true);
                out.setTcpNoDelay(true);
                sockets.add(in);
                sockets.add(out);
                if (blocked) {
                    cut();
                }
                daemon(() -> copy(in, out));
                daemon(() -> copy(out, in));
            } catch (IOException e) {
                // Closed, or the target is not there: the replica tries again.
            }
        }
    }

    private void copy(Socket from, Socket to) {
        byte[] chunk = new byte[16 * 1024];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                out.write(chunk, 0, count);
            }
        } catch (IOException e) {
            // Cut.
        } finally {
            sockets.remove(from);
            sockets.remove(to);
        }
    }

    /** Breaks all connections there are; new ones are made at once. */
    void cut() {
        for (Socket socket : sockets) {
            try {
                socket.close();
            } catch (IOException e) {
                // It is gone either way.
            }
        }
    }

    /** Breaks all connections and lets none through. */
    void block() {
        blocked = true;
        cut();
    }

    void join() {
        blocked = false;
    }

    @Override
    public void close() throws IOException {
        server.close();
        cut();
    }
}

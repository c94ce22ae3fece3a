package io.cairn.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** A node that answers what a test says: each call, its words joined by spaces, gets one reply. */
final class ScriptedNode implements AutoCloseable {
    private final ServerSocket server;
    private final Function<String, Object> replies;
    private final List<String> calls = new CopyOnWriteArrayList<>();

    /** @param replies a String is a bulk string (an error when it begins with '-'), a Long a number, a List an array */
    ScriptedNode(Function<String, Object> replies) throws IOException {
        this.replies = replies;
        server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(this::accept, "scripted-node");
        thread.setDaemon(true);
        thread.start();
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort());
    }

    /** As a command line names it. */
    String name() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    List<String> calls() {
        return calls;
    }

    private void accept() {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                BufferedReader in =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    List<String> words = new ArrayList<>();
                    for (int i = Integer.parseInt(line.substring(1)); i > 0; i--) {
                        in.readLine();
                        words.add(in.readLine());
                    }
                    String call = String.join(" ", words);
                    calls.add(call);
                    OutputStream out = socket.getOutputStream();
                    out.write(encoded(replies.apply(call)).getBytes(StandardCharsets.UTF_8));
                    out.flush();
                }
            } catch (IOException e) {
                // The caller is gone, or the test is over.
            }
        }
    }

    private static String encoded(Object reply) {
        if (reply instanceof List<?> items) {
            StringBuilder text = new StringBuilder("*" + items.size() + "\r\n");
            items.forEach(item -> text.append(encoded(item)));
            return text.toString();
        }
        if (reply instanceof Long number) {
            return ":" + number + "\r\n";
        }
        String text = reply.toString();
        return text.startsWith("-")
                ? text + "\r\n"
                : "$" + text.getBytes(StandardCharsets.UTF_8).length + "\r\n" + text + "\r\n";
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}

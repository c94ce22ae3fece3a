package io.cairn.jepsen.resp;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** A server of one thread that answers each command by a function; an empty answer closes the connection instead. */
public final class ScriptedServer implements AutoCloseable {
    private final ServerSocket socket;
    private final Function<String, String> answers;
    private final List<String> commands = new ArrayList<>();

    public ScriptedServer(Function<String, String> answers) throws IOException {
        this.answers = answers;
        socket = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(this::accept, "scripted-server");
        thread.setDaemon(true);
        thread.start();
    }

    public Address address() {
        return Address.local(socket.getLocalPort());
    }

    /** The commands received so far, their words joined by spaces. */
    public synchronized List<String> commands() {
        return List.copyOf(commands);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private void accept() {
        while (!socket.isClosed()) {
            try (Socket client = socket.accept()) {
                serve(client);
            } catch (IOException e) {
                // The client or this server was closed; the next accept tells which.
            }
        }
    }

    private void serve(Socket client) throws IOException {
        BufferedReader in =
                new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1));
        for (String count = in.readLine(); count != null; count = in.readLine()) {
            List<String> words = new ArrayList<>();
            for (int i = Integer.parseInt(count.substring(1)); i > 0; i--) {
                in.readLine();
                words.add(in.readLine());
            }
            String command = String.join(" ", words);
            synchronized (this) {
                commands.add(command);
            }
            String answer = answers.apply(command);
            if (answer.isEmpty()) {
                return;
            }
            client.getOutputStream().write((answer + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        }
    }
}

package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Commands of the command line log in where a password is needed. */
final class LoginTest {
    private static final int MILLIS = 5_000;

    private ServerSocket server;
    /** What was asked, word by word. */
    private final List<String> heard = new CopyOnWriteArrayList<>();

    private volatile String answer = "+OK";

    @BeforeEach
    void listen() throws IOException {
        server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(this::serve, "login-test");
        thread.setDaemon(true);
        thread.start();
    }

    @AfterEach
    void close() throws IOException {
        server.close();
    }

    /** Answers AUTH as the test wants it, and everything else with an error. */
    private void serve() {
        while (!server.isClosed()) {
            try (Socket client = server.accept()) {
                var in = client.getInputStream();
                for (int words = count(in.read() == '*' ? line(in) : "-1"); words > 0; ) {
                    String asked = "";
                    for (int i = 0; i < words; i++) {
                        line(in);
                        asked += line(in) + " ";
                    }
                    heard.add(asked.strip());
                    String reply = asked.startsWith("AUTH") ? answer : "-ERR enough";
                    client.getOutputStream().write((reply + "\r\n").getBytes(StandardCharsets.UTF_8));
                    words = count(in.read() == '*' ? line(in) : "-1");
                }
            } catch (IOException e) {
                // The next one.
            }
        }
    }

    private static int count(String text) {
        return Integer.parseInt(text);
    }

    private static String line(java.io.InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
            line.append(c == '\r' ? "" : Character.toString(c));
        }
        return line.toString();
    }

    private InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort());
    }

    @Test
    void aPasswordIsSentFirst() throws Exception {
        new Login(null, "secret").connect(address(), MILLIS).close();
        new Login("ann", "secret").connect(address(), MILLIS).close();
        assertThat(heard).containsExactly("AUTH secret", "AUTH ann secret");
        answer = "-WRONGPASS invalid username-password pair or user is disabled.";
        assertThatThrownBy(() -> new Login(null, "secret").connect(address(), MILLIS))
                .hasMessageContaining("WRONGPASS");
        answer = "-ERR AUTH <password> called without any password configured for the default user. Are you sure your"
                + " configuration is correct?";
        new Login(null, "secret").connect(address(), MILLIS).close();
    }

    @Test
    void allCommandsThatCallNodesLogIn() {
        String node = "127.0.0.1:" + server.getLocalPort();
        for (List<String> words : List.of(
                List.of("status", node),
                List.of("balance-leaders", node),
                List.of("move", "--slots", "1", "--to", "x", node),
                List.of("rebalance", node),
                List.of("create", node))) {
            heard.clear();
            List<String> all = new java.util.ArrayList<>(words);
            all.add("--pass");
            all.add("secret");
            int code = new CommandLine(new ClusterCommand())
                    .setErr(new PrintWriter(new StringWriter()))
                    .execute(all.toArray(new String[0]));
            assertThat(code).as("%s", words).isNotZero();
            assertThat(heard).as("%s", words).hasSizeGreaterThan(1).first().isEqualTo("AUTH secret");
        }
    }
}

package io.cairn.server;

import io.cairn.resp.RawClient;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same bytes to Cairn and to a real redis-server 7: the same bytes back. Skipped where Redis is not installed. */
class ProtocolDifferenceIT {
    @TempDir
    Path directory;

    @Test
    void oddAndBrokenRequestsAreAnsweredAsRedisDoes() throws Exception {
        try (RedisServer redis = RedisServer.start(directory.resolve("redis"));
                TestServer cairn = new TestServer(directory.resolve("cairn"))) {
            compare(redis.port, cairn.port(), requests());
        }
    }

    @Test
    void strangersAreAnsweredAsRedisDoes() throws Exception {
        try (RedisServer redis = RedisServer.start(directory.resolve("redis"), "--requirepass", "secret");
                TestServer cairn = new TestServer(directory.resolve("cairn"), "--requirepass", "secret")) {
            compare(
                    redis.port,
                    cairn.port(),
                    List.of(
                            "PING\r\nGET a\r\nHELLO\r\nHELLO 3\r\nHELLO 9\r\nHELLO x\r\nSELECT 1\r\nFOO\r\nGET\r\nQUIT\r\n",
                            "AUTH wrong\r\nAUTH default wrong\r\nAUTH a b c\r\nAUTH nobody secret\r\nAUTH secret\r\nPING\r\n",
                            "AUTH default secret\r\nSET a b\r\nGET a\r\nRESET\r\nGET a\r\n",
                            "MULTI\r\nEXEC\r\nWATCH a\r\nDISCARD\r\nCLIENT ID\r\n",
                            "*11\r\n$4\r\nping\r\n",
                            "PING\r\nPOST / HTTP/1.1\r\nHost: localhost\r\n\r\nAUTH secret\r\nSET a b\r\n",
                            "AUTH secret\r\nSET a b\r\nhOST: z\r\nGET a\r\n",
                            "*2\r\n$3\r\nGET\r\n$16385\r\n",
                            "HELLO 3 AUTH default wrong\r\nHELLO 2 SETNAME\r\nHELLO 2 FOO bar\r\nHELLO 2 AUTH default secret SETNAME \"a b\"\r\n"));
        }
    }

    private static List<String> requests() {
        List<String> requests = new ArrayList<>(
                List.of(
                        "*abc\r\n",
                        "*\r\n",
                        "*-5\r\nPING\r\n",
                        "*0\r\nPING\r\n",
                        "*01\r\n",
                        "* 1\r\n",
                        "*+1\r\n",
                        "*1048577\r\n",
                        "*2147483647\r\n$4\r\nPIN",
                        "*2147483648\r\n",
                        "*1\r\nPING\r\n",
                        "*1\r\n:4\r\n",
                        "*1\r\n\0$4\r\n",
                        "*1\r\n$-1\r\n",
                        "*1\r\n$abc\r\n",
                        "*1\r\n$\r\n",
                        "*1\r\n$04\r\nPING\r\n",
                        "*1\r\n$536870913\r\n",
                        "*1\r\n$9999999999999999999999\r\n",
                        "*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPING\r\n",
                        "*1\r\n$0\r\n\r\nPING\r\n",
                        "PING\r\nPING\nPING hello\r\n  PING  \t \"a b\"  \r\n\r\n\n",
                        "PING \"unbalanced\r\n",
                        "PING 'a'b\r\n",
                        "PING \"\\x41\\x4g\\n\\r\\t\\b\\a\\\\\\\"q\"\r\n",
                        "PING 'a\\'b\\x41'\r\n",
                        "PING a\0b\r\n",
                        "set a b\r\nget a\r\nGET A\r\nGeT a\r\n",
                        "nosuch\r\nnosuch a b c\r\nnosuch " + "x".repeat(200) + " y\r\n" + "n".repeat(300) + " a\r\n",
                        "config nosuch\r\nconfig\r\nclient nosuch a\r\nobject\r\ncommand nosuch\r\n",
                        "get\r\nget a b\r\nset a\r\nping a b c\r\necho\r\n",
                        "multi\r\nmulti\r\nwatch a\r\nset a 1\r\nnosuch\r\nexec\r\nexec\r\ndiscard\r\n",
                        "multi\r\nget\r\nset a 1\r\nexec\r\n",
                        "multi\r\nset a 1\r\nincr a\r\ngetrange a x y\r\nget a\r\nexec\r\n",
                        "set w 1\r\nwatch w\r\nset w 2\r\nmulti\r\nget w\r\nexec\r\nget w\r\n",
                        "watch w\r\nmulti\r\nset w 5\r\nexec\r\nget w\r\nunwatch\r\n",
                        "set s abc\r\nmulti\r\nincr s\r\nset s 3\r\nincr s\r\nselect 2\r\nset s z\r\nget s\r\nselect 0\r\nping\r\nexec\r\nget s\r\n",
                        "multi\r\nset a 1\r\ndiscard\r\nget a\r\nexec\r\n",
                        "multi\r\nexec\r\n",
                        "set a b\r\nPost / HTTP/1.1\r\nHost: localhost\r\n\r\nget a\r\n",
                        "client reply off\r\nset a b\r\npost\r\nget a\r\n",
                        "*2\r\n$5\r\npost\0\r\n$1\r\na\r\n",
                        "*2\r\n$5\r\nhost:\r\n$1\r\na\r\n",
                        "multi\r\nhost: a\r\nexec\r\n",
                        "get / HTTP/1.1\r\n",
                        "cluster\r\ncluster info\r\ncluster foo\r\ncluster slots x\r\ncluster keyslot a\r\ncluster addslots 1\r\n",
                        "readonly\r\nreadwrite\r\nasking\r\nreadonly x\r\ncluster help\r\ncluster reset hard\r\n",
                        "multi\r\nset q 1\r\nquit\r\nget q\r\n",
                        "multi\r\nset q 1\r\nreset\r\nexec\r\n",
                        "select 0\r\nselect 15\r\nselect 16\r\nselect -1\r\nselect a\r\nselect 99999999999\r\nselect\r\n",
                        "echo hello\r\necho \"\"\r\nquit\r\nping\r\n",
                        "auth\r\nauth x\r\nauth a b\r\nauth default b\r\n",
                        "client reply off\r\nping\r\nset r 1\r\nclient reply on\r\nping\r\n",
                        "client reply skip\r\nping\r\nping a\r\nclient reply skip\r\nset r 2\r\nget r\r\n",
                        "hello 3\r\nget nosuchkey\r\nmulti\r\nget nosuchkey\r\nexec\r\nwatch z\r\nset z 1\r\nmulti\r\nexec\r\nhello 2\r\nget nosuchkey\r\n"));
        requests.add("*3\r\n$3\r\nset\r\n$1\r\nb\r\n$100000\r\n" + "z".repeat(100_000) + "\r\nget b\r\nstrlen b\r\n");
        requests.add("a".repeat(65_530) + "\r\n");
        requests.add("a".repeat(70_000));
        requests.add("*" + "1".repeat(70_000));
        requests.add("*1\r\n$" + "1".repeat(70_000));
        return requests;
    }

    private static void compare(int redis, int cairn, List<String> requests) throws IOException {
        SoftAssertions all = new SoftAssertions();
        for (String request : requests) {
            String expected = normal(answer(redis, request));
            String got = normal(answer(cairn, request));
            String shown = request.length() > 300 ? request.substring(0, 300) + "..." : request;
            all.assertThat(got).as("answer to %s", shown).isEqualTo(expected);
        }
        all.assertAll();
    }

    /** HELLO's connection id differs; so does the password error's wording nowhere else. */
    private static String normal(String answer) {
        return answer.replaceAll("(\\$2\r\nid\r\n):[0-9]+", "$1:N").replaceAll("^:[0-9]+\r\n$", ":N\r\n");
    }

    /** Redis resets a connection that it closes with input unread, and the reply may be lost with it: try again. */
    private static String answer(int port, String request) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                return answerOnce(port, request);
            } catch (SocketException e) {
                if (attempt == 20) {
                    throw e;
                }
            }
        }
    }

    private static String answerOnce(int port, String request) throws IOException {
        try (RawClient client = new RawClient(port)) {
            client.send("*1\r\n$8\r\nflushall\r\n".getBytes(StandardCharsets.ISO_8859_1));
            client.reply();
        }
        try (RawClient client = new RawClient(port)) {
            client.send(request);
            client.endOutput();
            return client.readAll();
        }
    }

    /** A redis-server process. */
    private static final class RedisServer implements AutoCloseable {
        final int port;
        private final Process process;

        private RedisServer(int port, Process process) {
            this.port = port;
            this.process = process;
        }

        static RedisServer start(Path directory, String... more) throws Exception {
            Assumptions.assumeTrue(
                    Files.isExecutable(Path.of("/usr/bin/redis-server")), "redis-server is not installed");
            Files.createDirectories(directory);
            int port = TestServer.freePort();
            List<String> words = new ArrayList<>(List.of(
                    "/usr/bin/redis-server",
                    "--port",
                    Integer.toString(port),
                    "--bind",
                    "127.0.0.1",
                    "--save",
                    "",
                    "--dir",
                    directory.toString()));
            words.addAll(List.of(more));
            Process process = new ProcessBuilder(words)
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("log").toFile())
                    .start();
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (true) {
                try (RawClient client = new RawClient(port)) {
                    client.call("PING");
                    return new RedisServer(port, process);
                } catch (IOException e) {
                    if (System.nanoTime() > deadline || !process.isAlive()) {
                        throw e;
                    }
                    Thread.onSpinWait();
                }
            }
        }

        @Override
        public void close() {
            process.destroy();
            process.onExit().join();
        }
    }
}

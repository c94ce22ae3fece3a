package io.cairn.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterOptions;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.ServerProcess;
import io.cairn.jepsen.process.Shards;
import io.cairn.jepsen.resp.Address;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes that talk TLS with each other: they form a cluster and serve; strangers (plain bytes, no certificate, one of another
 * authority) get nothing and disturb nothing; new certificates are taken over without a restart.
 */
@Tag("long")
class PeerTlsIT {
    private static final int PORT = 21900;
    private static final int RAFT_PORT = PORT + 50;
    private static final int GOSSIP_PORT = PORT + 10_000;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory;

    private void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("openssl.log").toFile()))
                .start();
        assertThat(process.waitFor())
                .as(() -> String.join(" ", command) + ": see openssl.log")
                .isZero();
    }

    /** An authority and a certificate that it issued: {@code name.ca.crt}, {@code name.crt}, {@code name.key}. */
    private void issue(String name) throws Exception {
        run(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=" + name + " ca",
                "-keyout",
                name + ".ca.key",
                "-out",
                name + ".ca.crt");
        reissue(name);
    }

    private void reissue(String name) throws Exception {
        run(
                "openssl",
                "req",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/CN=" + name,
                "-keyout",
                name + ".new.key",
                "-out",
                name + ".csr");
        run(
                "openssl",
                "x509",
                "-req",
                "-in",
                name + ".csr",
                "-CA",
                name + ".ca.crt",
                "-CAkey",
                name + ".ca.key",
                "-CAcreateserial",
                "-days",
                "2",
                "-out",
                name + ".new.crt");
        Files.move(
                directory.resolve(name + ".new.key"),
                directory.resolve(name + ".key"),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        Files.move(
                directory.resolve(name + ".new.crt"),
                directory.resolve(name + ".crt"),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    /** What {@code openssl s_client} prints, and what came after the handshake. */
    private String connect(int port, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(
                List.of("timeout", "5", "openssl", "s_client", "-connect", "127.0.0.1:" + port, "-ign_eof"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        try (OutputStream out = process.getOutputStream()) {
            out.write("hello\r\n".getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            // Closed by the other side already, which is what should happen.
        }
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        process.waitFor();
        return said;
    }

    /** Sends bytes in the clear; true when the connection is closed without more than a TLS alert as answer. */
    private static boolean isRefused(int port, byte[] bytes) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            try {
                socket.getOutputStream().write(bytes);
                return socket.getInputStream().readAllBytes().length <= 64;
            } catch (java.net.SocketTimeoutException e) {
                return false;
            } catch (IOException e) {
                return true;
            }
        }
    }

    private static void write(CairnCluster cluster, String value) {
        Await.until("a write is taken", 30, () -> {
            Address primary = Shards.primaryOf(cluster, 0);
            return primary != null
                    && ClusterState.ask(primary, "SET", "key", value).text().equals("OK");
        });
    }

    @Test
    void nodesTrustWhomTheirAuthorityVouchesForAndNobodyElse() throws Exception {
        assumeTrue(Tools.onPath("openssl"), "openssl is not installed (Debian: openssl)");
        issue("ours");
        issue("theirs");
        ClusterOptions options = ClusterOptions.DEMO
                .withNodesPerProcess(1)
                .withExtra(
                        "--cluster-tls-cert-file", directory.resolve("ours.crt").toString(),
                        "--cluster-tls-key-file", directory.resolve("ours.key").toString(),
                        "--cluster-tls-ca-cert-file",
                                directory.resolve("ours.ca.crt").toString(),
                        "--cluster-peer-secret", "of the cluster",
                        "--cluster-election-timeout", "2000");
        try (CairnCluster cluster = new CairnCluster(Distribution.find(), directory, PORT, options)) {
            ClusterState.awaitHealthy(cluster.nodes(), 60);
            write(cluster, "1");
            byte[] garbage = new byte[100_000];
            new Random(1).nextBytes(garbage);
            for (int port : List.of(RAFT_PORT, GOSSIP_PORT)) {
                assertThat(isRefused(port, "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII)))
                        .isTrue();
                assertThat(isRefused(port, garbage)).isTrue();
                // A plain node's first bytes, and a length that no frame has.
                assertThat(isRefused(port, "CAIRNRFT\1\377\377\377\377".getBytes(StandardCharsets.ISO_8859_1)))
                        .isTrue();
                // TLS 1.2 tells of a refused certificate within the handshake.
                assertThat(connect(port, "-tls1_2")).containsAnyOf("alert", "Connection reset", "unexpected eof");
                assertThat(connect(port, "-tls1_2", "-cert", "theirs.crt", "-key", "theirs.key"))
                        .containsAnyOf("alert", "Connection reset", "unexpected eof");
                // With a certificate of ours the channel is made, and what is no handshake is refused there.
                assertThat(connect(port, "-tls1_2", "-cert", "ours.crt", "-key", "ours.key"))
                        .contains("Cipher is ECDHE")
                        .doesNotContain("alert certificate");
            }
            for (int i = 0; i < 300; i++) {
                isRefused(RAFT_PORT, new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
            }
            write(cluster, "2");
            long lines = cluster.server(0)
                    .ownOutput()
                    .lines()
                    .filter(line -> line.contains("closed a peer connection"))
                    .count();
            assertThat(lines).isBetween(1L, 30L);

            reissue("ours");
            Await.until(
                    "new certificates are taken over",
                    20,
                    () -> cluster.server(0).ownOutput().contains("new certificates for connections to peers"));
            assertThat(cluster.server(1).stop(30)).isTrue();
            cluster.start(1);
            ClusterState.awaitHealthy(cluster.nodes(), 60);
            write(cluster, "3");
        }
    }

    @Test
    void oneFileWithoutTheOthersStopsTheStart() throws Exception {
        Distribution distribution = Distribution.find();
        ServerProcess server = ServerProcess.start(
                distribution.command(
                        List.of("-Xmx128m"),
                        List.of(
                                "server",
                                "--port",
                                Integer.toString(PORT + 20),
                                "--dir",
                                directory.resolve("alone").toString(),
                                "--cluster-enabled",
                                "yes",
                                "--cluster-consensus",
                                "raft",
                                "--cluster-tls-cert-file",
                                "some.crt")),
                directory,
                directory.resolve("alone.log"));
        Files.createDirectories(directory.resolve("alone"));
        assertThat(server.awaitExit(60)).isTrue();
        assertThat(server.exitCode()).isEqualTo(1);
        assertThat(server.output()).contains("go together: set all or none");
    }
}

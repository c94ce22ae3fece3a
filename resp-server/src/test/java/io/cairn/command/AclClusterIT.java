package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Users in raft mode: the same on every node, by whichever they are set, and of a node that starts before it knows its map. */
final class AclClusterIT {
    private static final int FIRST = 29_430;

    @TempDir
    Path directory;

    @Test
    void theNodesOfAClusterAgreeOnUsers() throws Exception {
        try (SeededNodes nodes = SeededNodes.form(directory, FIRST, 3, 2)) {
            nodes.await(".*cluster_active_version:2 .*", FIRST, "cluster info");
            assertThat(nodes.at(FIRST + 1, "acl setuser alice on >p ~a* +get +acl|whoami"))
                    .isEqualTo("+OK\r\n");
            // On the node that answered at once, on the others soon.
            String alice = nodes.at(FIRST + 1, "acl getuser alice");
            assertThat(alice).contains("~a*").contains("+get");
            for (int port : nodes.running()) {
                nodes.await(".*~a\\* .*", port, "acl getuser alice");
                assertThat(nodes.at(port, "acl getuser alice")).isEqualTo(alice);
            }
            // A change is of the user as the cluster has it, wherever it is asked for.
            assertThat(nodes.at(FIRST, "acl setuser alice +strlen")).isEqualTo("+OK\r\n");
            assertThat(nodes.at(FIRST + 2, "acl setuser alice +exists")).isEqualTo("+OK\r\n");
            assertThat(nodes.at(FIRST + 2, "acl getuser alice"))
                    .contains("+strlen")
                    .contains("+exists");
            assertThat(nodes.at(FIRST, "acl setuser alice +nosuch")).startsWith("-ERR Error in ACL SETUSER modifier");
            assertThat(nodes.at(FIRST, "acl load")).startsWith("-ERR The nodes of the cluster agree");
            nodes.await(".*\\+exists.*", FIRST, "acl getuser alice");
            try (RespConnection client = new RespConnection(FIRST)) {
                assertThat(client.line("auth alice p")).isEqualTo("+OK\r\n");
                assertThat(client.line("set a v")).startsWith("-NOPERM");
                assertThat(client.line("get b")).startsWith("-NOPERM");
                assertThat(client.line("acl whoami")).contains("alice");
                assertThat(nodes.at(FIRST + 1, "acl deluser alice nobody")).isEqualTo(":1\r\n");
                nodes.await("\\*1 .*", FIRST, "acl users");
                assertThat(CompletableFuture.supplyAsync(() -> ends(client)).get(20, TimeUnit.SECONDS))
                        .isTrue();
            }
            assertThat(nodes.at(FIRST + 1, "acl deluser alice")).isEqualTo(":0\r\n");

            // A node that comes back has what was set meanwhile, whatever its own configuration says.
            nodes.stop(FIRST + 2);
            assertThat(nodes.at(FIRST, "acl setuser bob on >q +@all ~* &*")).isEqualTo("+OK\r\n");
            nodes.start(FIRST + 2, "--user", "bob on nopass", "--user", "alice on nopass +@all ~*");
            nodes.await("\\*2 \\$3 bob \\$7 default", FIRST + 2, "acl users");
            nodes.await(".*~\\*.*", FIRST + 2, "acl getuser bob");

            // Alone after a start it knows no map, but the users of the last time; and nothing is set without a
            // majority.
            nodes.stop(FIRST);
            nodes.stop(FIRST + 1);
            nodes.stop(FIRST + 2);
            nodes.start(FIRST + 2);
            nodes.await("\\+PONG", FIRST + 2, "ping");
            assertThat(nodes.at(FIRST + 2, "acl users")).isEqualTo("*2\r\n$3\r\nbob\r\n$7\r\ndefault\r\n");
            assertThat(nodes.at(FIRST + 2, "acl setuser bob off"))
                    .startsWith("-ERR The users of the cluster were not changed");
        }
    }

    /** What the meta group's snapshot has is older than what this node has said is in force. */
    @Test
    void aDeletedUserDoesNotComeBackWithTheMapOfASnapshot() throws Exception {
        int alone = FIRST + 2;
        try (SeededNodes nodes = SeededNodes.form(directory, FIRST, 3, 2)) {
            nodes.await(".*cluster_active_version:2 .*", FIRST, "cluster info");
            assertThat(nodes.at(alone, "acl setuser alice on nopass ~* +@all")).isEqualTo("+OK\r\n");
            assertThat(nodes.at(alone, "acl setuser bob on nopass ~* +@all")).isEqualTo("+OK\r\n");
            Path snapshots = nodes.data(alone).resolve("meta").resolve("snapshots");
            for (int i = 0; !hasFinished(snapshots); i++) {
                assertThat(i).as("changes without a snapshot").isLessThan(1_000);
                assertThat(nodes.at(FIRST, "acl setuser carol " + (i % 2 == 0 ? "on" : "off")))
                        .isEqualTo("+OK\r\n");
            }
            assertThat(nodes.at(alone, "acl deluser alice")).isEqualTo(":1\r\n");
            assertThat(nodes.at(alone, "acl setuser bob -set")).isEqualTo("+OK\r\n");
            String bob = nodes.at(alone, "acl getuser bob");
            for (int port : nodes.running()) {
                nodes.stop(port);
            }
            for (int start = 0; start < 2; start++) {
                nodes.start(alone);
                nodes.await(".*cluster_known_nodes:3 .*", alone, "cluster info");
                nodes.await("\\*3 \\$3 bob \\$5 carol \\$7 default", alone, "acl users");
                assertThat(nodes.at(alone, "acl getuser bob")).isEqualTo(bob);
                nodes.stop(alone);
            }
            for (int port = FIRST; port <= alone; port++) {
                nodes.start(port);
            }
            nodes.awaitOk();
            assertThat(nodes.at(FIRST, "acl setuser bob +set")).isEqualTo("+OK\r\n");
            nodes.await(".*\\+@all.*", alone, "acl getuser bob");
        }
    }

    private static boolean hasFinished(Path snapshots) throws IOException {
        if (!Files.isDirectory(snapshots)) {
            return false;
        }
        try (Stream<Path> found = Files.list(snapshots)) {
            return found.anyMatch(path -> path.getFileName().toString().startsWith("snapshot_"));
        }
    }

    /** Whether the connection has ended: what is answered until then is a refusal. */
    private static boolean ends(RespConnection client) {
        try {
            while (client.line("get a").startsWith("-NOPERM")) {
                Thread.onSpinWait();
            }
            return false;
        } catch (IOException e) {
            return true;
        }
    }
}

package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
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

    /** Whether the connection has ended: what is answered until then is a refusal. */
    private static boolean ends(RespConnection client) {
        try {
            while (client.line("get a").startsWith("-NOPERM")) {
                Thread.onSpinWait();
            }
            return false;
        } catch (java.io.IOException e) {
            return true;
        }
    }
}

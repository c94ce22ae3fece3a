package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.config.Config;
import io.cairn.server.CairnProcess;
import io.cairn.server.NodeKinds;
import io.cairn.server.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Users of a server: logging in, what happens to connections when users change, and what is kept. */
class AclIT {
    private static final String WRONG_PASSWORD = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";
    private static final String MUST_LOG_IN = "-NOAUTH Authentication required.\r\n";

    @TempDir
    private Path directory;

    private static void ok(RespConnection on, String line) throws IOException {
        assertThat(on.line(line)).as(line).isEqualTo("+OK\r\n");
    }

    /** Whether the server ends the connection, within a bound. */
    private static boolean ends(RespConnection connection) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (System.nanoTime() < end) {
            try {
                connection.line("ping");
            } catch (IOException e) {
                return true;
            }
            Thread.sleep(10);
        }
        return false;
    }

    @Test
    void usersLogInByAuthAndHello() throws Exception {
        try (CairnServer server = CairnServer.start(directory);
                RespConnection admin = server.connect();
                RespConnection client = server.connect()) {
            ok(admin, "acl setuser alice on >secret +@all ~*");
            assertThat(client.line("auth alice wrong")).isEqualTo(WRONG_PASSWORD);
            assertThat(client.line("auth nobody secret")).isEqualTo(WRONG_PASSWORD);
            assertThat(client.line("hello 3 auth alice wrong")).isEqualTo(WRONG_PASSWORD);
            assertThat(client.line("acl whoami")).isEqualTo("$7\r\ndefault\r\n");
            assertThat(client.line("hello 2 auth alice secret setname me")).startsWith("*14\r\n");
            assertThat(client.line("acl whoami")).isEqualTo("$5\r\nalice\r\n");
            assertThat(client.line("client info")).contains(" user=alice ");
            assertThat(admin.line("acl log 2"))
                    .contains("$4\r\nauth\r\n")
                    .contains("$5\r\nhello\r\n")
                    .contains("$5\r\nalice\r\n")
                    .doesNotContain("wrong");
            ok(admin, "acl setuser alice off");
            assertThat(client.line("auth alice secret")).isEqualTo(WRONG_PASSWORD);
            assertThat(client.line("acl whoami")).isEqualTo("$5\r\nalice\r\n");
            assertThat(client.line("reset")).isEqualTo("+RESET\r\n");
            assertThat(client.line("acl whoami")).isEqualTo("$7\r\ndefault\r\n");
            assertThat(admin.line("slowlog get")).doesNotContain("secret");
        }
    }

    @Test
    void theDefaultUserIsRequirepass() throws Exception {
        try (CairnServer server = CairnServer.start(directory);
                RespConnection first = server.connect()) {
            assertThat(first.line("auth x")).startsWith("-ERR AUTH <password> called without any password configured");
            ok(first, "config set requirepass one");
            ok(first, "set k v");
            try (RespConnection second = server.connect()) {
                assertThat(second.line("get k")).isEqualTo(MUST_LOG_IN);
                assertThat(second.line("auth two")).isEqualTo(WRONG_PASSWORD);
                ok(first, "acl setuser default >two");
                ok(second, "auth two");
                ok(second, "auth default one");
                assertThat(second.line("reset")).isEqualTo("+RESET\r\n");
                assertThat(second.line("get k")).isEqualTo(MUST_LOG_IN);
                assertThat(second.line("hello 3")).startsWith("-NOAUTH HELLO must be called");
                first.run("config", "set", "requirepass", "");
                assertThat(second.line("get k")).isEqualTo("$1\r\nv\r\n");
                ok(first, "acl setuser default off");
                try (RespConnection third = server.connect()) {
                    assertThat(third.line("get k")).isEqualTo(MUST_LOG_IN);
                }
            }
        }
    }

    @Test
    void connectionsOfDeletedUsersAreClosed() throws Exception {
        try (CairnServer server = CairnServer.start(directory);
                RespConnection admin = server.connect();
                RespConnection one = server.connect();
                RespConnection two = server.connect();
                RespConnection own = server.connect()) {
            ok(admin, "acl setuser alice on nopass +@all ~* &*");
            ok(admin, "acl setuser bob on nopass +@all ~* &*");
            ok(one, "auth alice x");
            ok(two, "auth bob x");
            ok(own, "auth bob x");
            assertThat(admin.line("client kill user nobody")).startsWith("-ERR No such user 'nobody'");
            assertThat(admin.line("acl deluser alice nobody")).isEqualTo(":1\r\n");
            assertThat(ends(one)).isTrue();
            ok(two, "set k v");
            assertThat(admin.line("acl deluser default")).startsWith("-ERR The 'default' user cannot be removed");
            // Its own reply still comes.
            assertThat(own.line("acl deluser bob")).isEqualTo(":1\r\n");
            assertThat(ends(own)).isTrue();
            assertThat(ends(two)).isTrue();
            ok(admin, "acl setuser carol on nopass +@all");
            try (RespConnection three = server.connect()) {
                ok(three, "auth carol x");
                assertThat(admin.line("client kill user carol")).isEqualTo(":1\r\n");
                assertThat(ends(three)).isTrue();
            }
        }
    }

    @Test
    void listenersWhoseChannelsWentAwayAreClosed() throws Exception {
        try (CairnServer server = CairnServer.start(directory);
                RespConnection admin = server.connect();
                RespConnection one = server.connect();
                RespConnection two = server.connect()) {
            ok(admin, "acl setuser alice on nopass +@all &a &b &p*");
            ok(one, "auth alice x");
            ok(two, "auth alice x");
            one.line("subscribe a");
            one.line("psubscribe p*");
            two.line("subscribe b");
            ok(admin, "acl setuser alice &c");
            assertThat(admin.line("publish a m")).isEqualTo(":1\r\n");
            ok(admin, "acl setuser alice resetchannels &a &p*");
            // Whoever has the answer finds them gone.
            assertThat(admin.line("publish b m")).isEqualTo(":0\r\n");
            assertThat(admin.line("publish a m")).isEqualTo(":1\r\n");
            ok(admin, "acl setuser alice resetchannels &a");
            assertThat(admin.line("publish a m")).isEqualTo(":0\r\n");
        }
    }

    @Test
    void configRewriteKeepsTheUsers() throws Exception {
        Path file = directory.resolve("cairn.conf");
        Files.write(file, List.of("maxclients 100", "user alice on nopass ~x +get", "hz 20"));
        int port = RedisProcess.freePort();
        String[] words = {"--port", "" + port, "--dir", directory.toString(), "--save", ""};
        try (CairnProcess process = start(file, words);
                RespConnection admin = new RespConnection(process.config().port())) {
            assertThat(admin.line("acl users")).isEqualTo("*2\r\n$5\r\nalice\r\n$7\r\ndefault\r\n");
            ok(admin, "acl setuser alice +set %R~y*");
            ok(admin, "acl setuser bob on >secret (+get ~z)");
            assertThat(admin.line("acl save"))
                    .startsWith("-ERR This Redis instance is not configured to use an ACL file");
            ok(admin, "config rewrite");
        }
        List<String> lines = Files.readAllLines(file);
        assertThat(lines.get(0)).isEqualTo("maxclients 100");
        assertThat(lines.get(1))
                .startsWith("user alice on nopass ~x %R~y* resetchannels -@all ")
                .contains(" +get", " +set");
        assertThat(lines.get(2)).isEqualTo("hz 20");
        assertThat(String.join("\n", lines)).contains("user bob on \"#2bb80d53").doesNotContain("secret");
        try (CairnProcess process = start(file, words);
                RespConnection admin = new RespConnection(process.config().port())) {
            ok(admin, "auth bob secret");
            assertThat(admin.line("get z")).isEqualTo("$-1\r\n");
            assertThat(admin.line("get x")).startsWith("-NOPERM");
        }
        assertThatThrownBy(
                        () -> start(null, "--port", "" + port, "--dir", directory.toString(), "--user", "bob +nosuch"))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("Unknown command or category name in ACL");
    }

    private static CairnProcess start(@Nullable Path file, String... words) throws Exception {
        Config config = Config.load(file, List.of(words));
        CairnProcess process = new CairnProcess(config, NodeKinds.of(config));
        process.start();
        return process;
    }

    @Test
    void theAclFileIsSavedAndLoaded() throws Exception {
        Path file = directory.resolve("users.acl");
        Files.write(file, List.of("user alice on nopass +@all ~*", "user default on nopass +@all ~* &*"));
        try (CairnServer server = CairnServer.start(directory, "--aclfile", "users.acl");
                RespConnection admin = server.connect();
                RespConnection client = server.connect()) {
            ok(client, "auth alice x");
            ok(admin, "acl setuser bob on >secret");
            ok(admin, "acl save");
            assertThat(Files.readAllLines(file)).hasSize(3).noneMatch(line -> line.contains("secret"));
            assertThat(admin.line("acl deluser bob")).isEqualTo(":1\r\n");
            ok(admin, "acl load");
            assertThat(admin.line("acl users")).startsWith("*3\r\n");
            assertThat(ends(client)).isTrue();
            Files.write(file, List.of("user alice +nosuch"));
            assertThat(admin.line("acl load")).contains("no change to the previously active ACL rules was performed");
            assertThat(admin.line("acl users")).startsWith("*3\r\n");
        }
    }
}

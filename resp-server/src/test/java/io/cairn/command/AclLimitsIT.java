package io.cairn.command;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A user of {@code ~app:* &app:* +@read +@write -@dangerous} reaches nothing else, by whatever way; "more" may also run the commands that could be a way, and reaches
 * nothing else either.
 */
class AclLimitsIT {
    private static final String LIMITS = "~app:* &app:* +@read +@write -@dangerous";
    private static final String WAYS =
            " +@scripting +@transaction +@pubsub +@connection +sort +sort_ro +migrate +restore"
                    + " +restore-asking +object +copy +keys";
    private static final String NO_KEY =
            "-NOPERM this user has no permissions to access one of the keys used as arguments\r\n";
    private static final String NO_CHANNEL =
            "-NOPERM this user has no permissions to access one of the channels used as arguments\r\n";

    @TempDir
    private static Path directory;

    private static CairnServer server;
    private static CairnServer target;

    private RespConnection admin;
    private RespConnection user;
    private RespConnection more;

    @BeforeAll
    static void start() throws Exception {
        server = CairnServer.start(directory.resolve("a"), "--notify-keyspace-events", "KEA");
        target = CairnServer.start(directory.resolve("b"), "--requirepass", "secret");
    }

    @AfterAll
    static void stop() {
        server.close();
        target.close();
    }

    @BeforeEach
    void connect() throws Exception {
        admin = server.connect();
        admin.line("flushall");
        admin.line("function flush");
        admin.line("set other:secret s");
        admin.line("set app:1 one");
        admin.line("rpush app:list 1 2");
        admin.line("set other:weight_1 9");
        admin.line("set other:weight_2 8");
        assertThat(admin.line("acl setuser user reset on >p " + LIMITS)).isEqualTo("+OK\r\n");
        assertThat(admin.line("acl setuser more reset on >p " + LIMITS + WAYS)).isEqualTo("+OK\r\n");
        user = login("user");
        more = login("more");
    }

    private static RespConnection login(String name) throws Exception {
        RespConnection connection = server.connect();
        assertThat(connection.line("auth " + name + " p")).isEqualTo("+OK\r\n");
        return connection;
    }

    @AfterEach
    void nothingElseWasReached() throws Exception {
        assertThat(admin.line("get other:secret")).isEqualTo("$1\r\ns\r\n");
        assertThat(admin.line("keys other:*")).startsWith("*3\r\n");
        user.close();
        more.close();
        admin.close();
    }

    private void denied(String line) throws Exception {
        assertThat(user.line(line)).as(line).startsWith("-NOPERM ");
    }

    @Test
    void keysByName() throws Exception {
        assertThat(user.line("get app:1")).isEqualTo("$3\r\none\r\n");
        assertThat(user.line("set app:2 v")).isEqualTo("+OK\r\n");
        for (String line : List.of(
                "get other:secret",
                "set other:secret v",
                "mget app:1 other:secret",
                "mset app:1 v other:secret v",
                "del app:1 other:secret",
                "unlink other:secret",
                "rename app:1 other:secret",
                "rename other:secret app:1",
                "lmove app:list other:secret left right",
                "lmpop 2 app:list other:secret left",
                "blpop app:none other:secret 1",
                "sinterstore app:x other:secret",
                "zunionstore other:secret 1 app:x",
                "bitop not app:x other:secret",
                "pfmerge app:x other:secret",
                "georadius app:geo 0 0 1 m store other:secret",
                "xread streams app:s other:secret 0 0",
                "getrange other:secret 0 -1",
                "strlen other:secret",
                "exists other:secret",
                "type other:secret",
                "dump other:secret",
                "touch other:secret",
                "expire other:secret 1",
                "append other:secret v",
                "lcs app:1 other:secret",
                "memory usage other:secret")) {
            assertThat(user.line(line)).as(line).isEqualTo(NO_KEY);
        }
        for (String line : List.of("flushall", "flushdb", "swapdb 0 1", "keys *")) {
            denied(line);
        }
    }

    @Test
    void scripts() throws Exception {
        denied("eval return 0");
        denied("evalsha 0 0");
        denied("script load x");
        assertThat(more.run("eval", "return redis.call('get', 'app:1')", "0")).isEqualTo("$3\r\none\r\n");
        assertThat(more.run("eval", "return redis.call('get', KEYS[1])", "1", "other:secret"))
                .isEqualTo(NO_KEY);
        for (String call : List.of(
                "'get', 'other:secret'",
                "'set', 'other:secret', 'v'",
                "'sort', 'app:list', 'by', 'other:weight_*'",
                "'sort', 'app:list', 'get', 'other:weight_*'",
                "'flushall'",
                "'config', 'get', '*'",
                "'publish', 'other', 'm'")) {
            String reply = more.run("eval", "return redis.call(" + call + ")", "0");
            assertThat(reply).as(call).startsWith("-ERR ").doesNotContain("$");
            assertThat(more.run("eval_ro", "return redis.call(" + call + ")", "0"))
                    .as(call)
                    .startsWith("-ERR ");
            String caught = more.run("eval", "return redis.pcall(" + call + ")['err'] and 'denied'", "0");
            assertThat(caught).as(call).isEqualTo("$6\r\ndenied\r\n");
        }
        assertThat(more.run("eval", "return redis.call('get', 'other:secret')", "0"))
                .contains("The user executing the script can't access at least one of the keys mentioned in the command"
                        + " arguments");
        assertThat(more.run("eval", "return redis.acl_check_cmd('get', 'other:secret')", "0"))
                .isEqualTo("$-1\r\n");
        assertThat(more.run("eval", "return redis.acl_check_cmd('get', 'app:1')", "0"))
                .isEqualTo(":1\r\n");
        assertThat(admin.line("acl log 1")).contains("lua").contains("user=more");
    }

    @Test
    void functions() throws Exception {
        String library =
                "#!lua name=lib\nredis.register_function{function_name='f', flags={}, callback=function(keys, args)"
                        + " return redis.call(unpack(args)) end}";
        // FUNCTION LOAD is a write: who may, may load what others call, with the rights of the others.
        assertThat(more.run("function", "load", library)).isEqualTo("$3\r\nlib\r\n");
        denied("fcall f 0 get app:1");
        assertThat(more.line("fcall f 0 get app:1")).isEqualTo("$3\r\none\r\n");
        assertThat(more.line("fcall f 0 get other:secret")).startsWith("-ERR ");
        assertThat(more.line("fcall f 1 other:secret get app:1")).isEqualTo(NO_KEY);
        assertThat(more.line("fcall f 0 config get maxmemory")).startsWith("-ERR ");
        assertThat(admin.line("fcall f 0 get other:secret")).isEqualTo("$1\r\ns\r\n");
    }

    @Test
    void transactions() throws Exception {
        denied("multi");
        assertThat(more.line("multi")).isEqualTo("+OK\r\n");
        assertThat(more.line("get other:secret")).isEqualTo(NO_KEY);
        assertThat(more.line("exec")).startsWith("-EXECABORT ");
        assertThat(more.line("watch other:secret")).isEqualTo(NO_KEY);
    }

    @Test
    void rightsAreJudgedAgainAtExec() throws Exception {
        more.line("multi");
        for (String line :
                List.of("set app:1 two", "get app:1", "ping", "publish app:c m", "sort app:list by app:w_*")) {
            assertThat(more.line(line)).as(line).isEqualTo("+QUEUED\r\n");
        }
        admin.line("acl setuser more resetkeys ~app:list resetchannels -ping");
        String changed =
                "-NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call."
                        + " This command is no longer allowed for the following reason: ";
        assertThat(more.line("exec"))
                .isEqualTo("*5\r\n" + changed + "no permission to touch the specified keys\r\n" + changed
                        + "no permission to touch the specified keys\r\n" + changed
                        + "no permission to execute the command or subcommand\r\n" + changed
                        + "no permission to access one of the channels used as arguments\r\n"
                        + "-ERR BY option of SORT denied due to insufficient ACL permissions.\r\n");
        assertThat(admin.line("get app:1")).isEqualTo("$3\r\none\r\n");
    }

    @Test
    void transactionsWithScripts() throws Exception {
        more.line("multi");
        more.run("eval", "return redis.call('get', 'other:secret')", "0");
        more.run("eval", "return redis.call('get', 'app:1')", "0");
        assertThat(more.line("exec")).startsWith("*2\r\n-ERR ").endsWith("$3\r\none\r\n");
    }

    @Test
    void sortByAndGet() throws Exception {
        denied("sort app:list");
        assertThat(more.line("sort app:list")).startsWith("*2\r\n");
        assertThat(more.line("sort app:list by nosort")).startsWith("*2\r\n");
        for (String options :
                List.of("by other:weight_*", "get other:weight_*", "get #", "limit 0 1 by other:weight_*")) {
            assertThat(more.line("sort app:list " + options)).as(options).startsWith("-ERR ");
            assertThat(more.line("sort_ro app:list " + options)).as(options).startsWith("-ERR ");
        }
        assertThat(more.line("sort app:list store other:x")).isEqualTo(NO_KEY);
        assertThat(more.line("sort other:secret")).isEqualTo(NO_KEY);
    }

    @Test
    void copy() throws Exception {
        assertThat(user.line("copy app:1 app:2")).isEqualTo(":1\r\n");
        assertThat(user.line("copy other:secret app:2 replace")).isEqualTo(NO_KEY);
        assertThat(user.line("copy app:1 other:secret replace")).isEqualTo(NO_KEY);
    }

    @Test
    void migrate() throws Exception {
        String to = "migrate 127.0.0.1 " + target.port;
        denied(to + " app:1 0 1000");
        assertThat(more.line(to + " other:secret 0 1000 copy auth secret")).isEqualTo(NO_KEY);
        assertThat(more.run(
                        "migrate",
                        "127.0.0.1",
                        "" + target.port,
                        "",
                        "0",
                        "1000",
                        "auth",
                        "secret",
                        "keys",
                        "app:1",
                        "other:secret"))
                .isEqualTo(NO_KEY);
        assertThat(more.line(to + " app:1 0 5000 copy auth wrong")).contains("WRONGPASS");
        assertThat(more.line(to + " app:1 0 5000 copy auth2 default secret")).isEqualTo("+OK\r\n");
        try (RespConnection there = target.connect()) {
            there.line("auth secret");
            assertThat(there.line("get app:1")).isEqualTo("$3\r\none\r\n");
            there.line("acl setuser mover on >p ~app:* +restore +select +ping");
            assertThat(more.line(to + " app:1 0 5000 copy replace auth2 mover p"))
                    .isEqualTo("+OK\r\n");
            there.line("acl setuser mover resetkeys");
            assertThat(more.line(to + " app:1 0 5000 copy replace auth2 mover p"))
                    .contains("NOPERM");
        }
    }

    @Test
    void restore() throws Exception {
        byte[] dump = new byte[] {0, 1, 'v', 11, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        denied("restore app:9 0 x");
        List<byte[]> call = List.of(
                "restore".getBytes(UTF_8),
                "other:secret".getBytes(UTF_8),
                "0".getBytes(UTF_8),
                dump,
                "replace".getBytes(UTF_8));
        assertThat(more.run(call)).isEqualTo(NO_KEY);
        assertThat(more.line("restore-asking other:secret 0 x replace")).isEqualTo(NO_KEY);
    }

    @Test
    void channelsAndPatterns() throws Exception {
        denied("subscribe app:1");
        assertThat(more.line("publish app:1 m")).isEqualTo(":0\r\n");
        for (String line : List.of(
                "publish other m",
                "spublish other m",
                "subscribe app:1 other",
                "ssubscribe other",
                "psubscribe *",
                "psubscribe app:1*",
                "psubscribe app:* *")) {
            assertThat(more.line(line)).as(line).isEqualTo(NO_CHANNEL);
        }
        assertThat(more.line("psubscribe app:*")).startsWith("*3\r\n$10\r\npsubscribe");
    }

    @Test
    void keyspaceNotifications() throws Exception {
        for (String line : List.of(
                "subscribe __keyspace@0__:other:secret",
                "subscribe __keyspace@0__:app:1",
                "psubscribe __key*",
                "psubscribe __keyevent@0__:*")) {
            assertThat(more.line(line)).as(line).isEqualTo(NO_CHANNEL);
        }
    }

    @Test
    void commandsOfTheServer() throws Exception {
        for (String line : List.of(
                "cluster nodes",
                "cluster getkeysinslot 1 10",
                "debug object other:secret",
                "debug sleep 0",
                "debug digest-value other:secret",
                "config get requirepass",
                "config set requirepass x",
                "config rewrite",
                "acl setuser user +@all",
                "acl list",
                "acl log",
                "acl whoami",
                "client list",
                "client tracking on bcast",
                "client kill id 1",
                "monitor",
                "sync",
                "psync ? -1",
                "replicaof no one",
                "shutdown",
                "save",
                "bgsave",
                "slowlog get",
                "latency latest",
                "info",
                "role",
                "command")) {
            denied(line);
        }
    }

    @Test
    void object() throws Exception {
        assertThat(user.line("object encoding app:1")).startsWith("$");
        for (String what : List.of("encoding", "refcount", "idletime", "freq")) {
            assertThat(user.line("object " + what + " other:secret")).isEqualTo(NO_KEY);
        }
    }
}

package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands of the server and the connection, one after another, to redis-server and to us: the same bytes. */
class SessionDifferentialIT {
    /** Words are separated by blanks; a trailing blank is an empty last word. */
    private static final String[] LINES = {
        "time x",
        "lastsave x",
        "info nosuchsection",
        "bgsave foo",
        "bgrewriteaof x",
        "save x",
        "shutdown foo",
        "shutdown save nosave",
        "shutdown abort now",
        "shutdown abort",
        "role",
        "role x",
        "debug",
        "debug sleep 0",
        "debug sleep",
        "debug nosuch",
        "acl whoami",
        "acl cat",
        "acl cat nosuch",
        "acl cat string x",
        "acl nosuch",
        "module list",
        "module nosuch",
        "config",
        "config get",
        "config get nosuch",
        "config get slowlog-max-len",
        "config get MAXMEMORY",
        "config set maxmemory",
        "config set maxmemory 100 foo",
        "config set nosuch 1",
        "config set databases 1",
        "config set maxmemory abc",
        "config set slowlog-max-len 1 slowlog-max-len 2",
        "config set slowlog-log-slower-than 20000",
        "config get slowlog-log-slower-than",
        "config set slowlog-log-slower-than 10000",
        "config resetstat",
        "config resetstat x",
        "config rewrite",
        "config nosuch",
        "client",
        "client id x",
        "client tracking x",
        "client tracking on foo",
        "client tracking on prefix a",
        "client tracking on bcast optin",
        "client tracking on optin optout",
        "client tracking on redirect abc",
        "client tracking on redirect 999999",
        "client tracking on bcast prefix ab prefix a",
        "client caching yes",
        "client getredir",
        "client trackinginfo",
        "client tracking on optin",
        "client caching no",
        "client caching x",
        "client caching yes",
        "client trackinginfo",
        "client trackinginfo x",
        "client tracking on optout",
        "client tracking on bcast",
        "client tracking off",
        "client tracking on bcast prefix b prefix a",
        "client tracking on bcast prefix ab",
        "client trackinginfo",
        "client getredir",
        "client tracking off",
        "monitor x",
        "function dump",
        "function dump x",
        "function restore x",
        "function restore x nosuch",
        "function restore x flush y",
        "function stats",
        "client getname",
        "client setname me",
        "client getname",
        "client setname ",
        "client getname",
        "client setname \u0001",
        "client setname a\tb",
        "client list type nosuch",
        "client list type master",
        "client list type pubsub",
        "client list id x",
        "client list id",
        "client list id 99999999",
        "client list nosuch",
        "client kill",
        "client kill nosuch",
        "client kill 1.2.3.4:5",
        "client kill id 0",
        "client kill id x",
        "client kill id 9999999",
        "client kill type nosuch",
        "client kill type replica",
        "client kill user nosuch",
        "client kill skipme maybe",
        "client kill skipme yes",
        "client kill addr 1.1.1.1:1",
        "client kill addr 1.1.1.1:1 laddr",
        "client kill laddr 1.1.1.1:1 user default type normal",
        "client pause",
        "client pause abc",
        "client pause -1",
        "client pause 0",
        "client pause 10 nosuch",
        "client pause 9223372036854775807x",
        "client pause 1 write",
        "client unpause",
        "client no-evict on",
        "client no-evict off",
        "client no-evict maybe",
        "client reply maybe",
        "client reply on",
        "client nosuch",
        "slowlog",
        "slowlog len x",
        "slowlog reset",
        "slowlog get 0",
        "slowlog get -2",
        "slowlog get x",
        "slowlog get 1 2",
        "slowlog nosuch",
        "latency",
        "latency reset",
        "latency reset nosuch ",
        "latency history",
        "latency history nosuch",
        "latency latest",
        "latency histogram nosuch",
        "latency nosuch",
        "memory usage",
        "memory usage nokey",
        "memory usage nokey samples",
        "memory nosuch",
        "object nosuch",
        "object encoding",
        "command count x",
        "command info nosuch",
        "command docs nosuch",
        "command list filterby",
        "command list filterby module x",
        "command list filterby nosuch x",
        "command list filterby pattern nosuch*",
        "command list filterby pattern GETD*",
        "command list filterby aclcat nosuch",
        "command list x",
        "command getkeys get k",
        "command getkeys mset a 1 b 2",
        "command getkeys mset a 1 b",
        "command getkeys rename a b",
        "command getkeys object encoding k",
        "command getkeys object nosuch k",
        "command getkeys nosuch k",
        "command getkeys ping x",
        "command getkeys get a b",
        "command getkeysandflags set k v",
        "command getkeysandflags set k v nx get",
        "command getkeysandflags rename a b",
        "command getkeysandflags mget a b c",
        "command getkeysandflags copy a b db 1",
        "command nosuch",
        "command getkeys get",
    };

    @TempDir
    private Path directory;

    @BeforeEach
    void needsRedis() {
        assumeTrue(RedisProcess.available(), "no redis-server on this machine to compare with");
    }

    @Test
    void repliesAreThoseOfRedisInBothProtocols() throws Exception {
        SoftAssertions softly = new SoftAssertions();
        try (RedisProcess redis = RedisProcess.start(directory);
                CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            for (String protocol : new String[] {"2", "3"}) {
                redis.run("hello", protocol);
                ours.run("hello", protocol);
                for (String line : LINES) {
                    softly.assertThat(ours.line(line))
                            .as("RESP%s %s", protocol, line)
                            .isEqualTo(redis.run(line.split(" ", -1)));
                }
            }
        }
        softly.assertAll();
    }

    @Test
    void aKeyOfTheWrongDatabaseIsNotFound() throws Exception {
        try (CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            assertThat(ours.line("set k v")).isEqualTo("+OK\r\n");
            assertThat(ours.line("select 1")).isEqualTo("+OK\r\n");
            assertThat(ours.line("get k")).isEqualTo("$-1\r\n");
            assertThat(ours.line("select 0")).isEqualTo("+OK\r\n");
            assertThat(ours.line("move k 1")).isEqualTo(":1\r\n");
            assertThat(ours.line("exists k")).isEqualTo(":0\r\n");
        }
    }
}

package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only a running server shows: figures, several connections, time that passes. */
class ServerCommandsIT {
    /** Fields that clients and monitoring tools read. */
    private static final List<String> FIELDS = List.of(
            "redis_version",
            "redis_mode",
            "os",
            "process_id",
            "run_id",
            "tcp_port",
            "uptime_in_seconds",
            "uptime_in_days",
            "connected_clients",
            "blocked_clients",
            "maxclients",
            "used_memory",
            "used_memory_human",
            "used_memory_rss",
            "used_memory_peak",
            "maxmemory",
            "maxmemory_human",
            "maxmemory_policy",
            "mem_fragmentation_ratio",
            "loading",
            "rdb_changes_since_last_save",
            "rdb_bgsave_in_progress",
            "rdb_last_save_time",
            "rdb_last_bgsave_status",
            "aof_enabled",
            "aof_rewrite_in_progress",
            "total_connections_received",
            "total_commands_processed",
            "instantaneous_ops_per_sec",
            "total_net_input_bytes",
            "total_net_output_bytes",
            "rejected_connections",
            "expired_keys",
            "evicted_keys",
            "keyspace_hits",
            "keyspace_misses",
            "role",
            "connected_slaves",
            "master_replid",
            "master_repl_offset",
            "used_cpu_sys",
            "used_cpu_user",
            "cluster_enabled");

    @TempDir
    private Path directory;

    private CairnServer server;
    private RespConnection connection;

    @BeforeEach
    void start() throws Exception {
        server = CairnServer.start(directory);
        connection = server.connect();
    }

    @AfterEach
    void stop() throws Exception {
        connection.close();
        server.close();
    }

    private Map<String, String> info(String... sections) throws Exception {
        String[] words = new String[sections.length + 1];
        words[0] = "info";
        System.arraycopy(sections, 0, words, 1, sections.length);
        String text = String.valueOf(RespConnection.parse(connection.run(words)));
        Map<String, String> fields = new TreeMap<>();
        for (String line : text.split("\r\n", -1)) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                fields.put(line.substring(0, colon), line.substring(colon + 1));
            }
        }
        return fields;
    }

    @Test
    void expiredKeysGoWhenTheyAreReadOrByThemselves() throws Exception {
        connection.run("debug", "set-active-expire", "0");
        connection.run("set", "short", "1", "px", "1");
        connection.run("set", "other", "1", "px", "1");
        Thread.sleep(500);
        assertThat(RespConnection.parse(connection.run("dbsize"))).isEqualTo(2L);
        assertThat(RespConnection.parse(connection.run("exists", "short"))).isEqualTo(0L);
        assertThat(RespConnection.parse(connection.run("dbsize"))).isEqualTo(1L);
        assertThat(info("stats")).containsEntry("expired_keys", "1");
        connection.run("debug", "set-active-expire", "1");
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (!"2".equals(info("stats").get("expired_keys"))) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(10);
        }
        assertThat(RespConnection.parse(connection.run("dbsize"))).isEqualTo(0L);
    }

    @Test
    void everyKeyIsARandomKey() throws Exception {
        connection.run("mset", "foo", "1", "bar", "2");
        Set<String> seen = new TreeSet<>();
        for (int i = 0; i < 100; i++) {
            seen.add(String.valueOf(RespConnection.parse(connection.run("randomkey"))));
        }
        assertThat(seen).containsExactly("bar", "foo");
    }

    @Test
    void infoHasTheFieldsThatToolsRead() throws Exception {
        assertThat(info()).containsKeys(FIELDS.toArray(new String[0]));
        assertThat(info().get("redis_version")).isEqualTo("7.0.15");
        assertThat(info().get("cairn_version")).isEqualTo(Release.VERSION);
        assertThat(info()).containsEntry("redis_mode", "standalone").containsEntry("role", "master");
        assertThat(info().get("tcp_port")).isEqualTo(Integer.toString(server.port));
        assertThat(info().get("process_id"))
                .isEqualTo(Long.toString(ProcessHandle.current().pid()));
    }

    @Test
    void infoCountsKeysHitsAndErrors() throws Exception {
        connection.line("set a 1");
        connection.line("set b 1 ex 1000");
        connection.line("get a");
        connection.line("get none");
        connection.line("incrby a x");
        connection.line("nosuchcommand");
        Map<String, String> all = info("everything");
        assertThat(all.get("db0")).isEqualTo("keys=2,expires=1,avg_ttl=0");
        assertThat(all.get("keyspace_hits")).isEqualTo("1");
        assertThat(all.get("keyspace_misses")).isEqualTo("1");
        assertThat(all.get("cmdstat_set")).startsWith("calls=2,usec=").endsWith("rejected_calls=0,failed_calls=0");
        assertThat(all.get("cmdstat_incrby")).endsWith("failed_calls=1");
        assertThat(all.get("errorstat_ERR")).isEqualTo("count=2");
        assertThat(all.get("latency_percentiles_usec_set")).matches("p50=[0-9.]+,p99=[0-9.]+,p99.9=[0-9.]+");
        connection.line("config resetstat");
        assertThat(info("stats").get("keyspace_hits")).isEqualTo("0");
    }

    @Test
    void infoAnswersTheSectionsAskedFor() throws Exception {
        assertThat(info("keyspace")).isEmpty();
        assertThat(info("SERVER")).containsKey("redis_version").doesNotContainKey("used_memory");
        assertThat(info("cpu", "clients"))
                .containsKeys("used_cpu_user", "connected_clients")
                .hasSizeLessThan(15);
        assertThat(info("all")).containsKey("cmdstat_info");
        assertThat(info("default")).containsKey("used_memory").doesNotContainKey("cmdstat_info");
    }

    @Test
    void timeIsTheMachinesTime() throws Exception {
        List<?> time = (List<?>) RespConnection.parse(connection.line("time"));
        assertThat(time).isNotNull();
        assertThat(Long.parseLong(String.valueOf(time.get(0)))).isGreaterThan(1_700_000_000L);
        assertThat(Long.parseLong(String.valueOf(time.get(1)))).isBetween(0L, 999_999L);
    }

    @Test
    void clientsSeeEachOther() throws Exception {
        connection.line("client setname first");
        connection.line("client setinfo lib-name tester");
        connection.line("client setinfo lib-ver 1.2");
        assertThat(connection.line("client setinfo lib-nosuch 1.2")).startsWith("-ERR Unrecognized option");
        try (RespConnection second = server.connect()) {
            String id = second.line("client id").strip().substring(1);
            String list = connection.line("client list");
            assertThat(list)
                    .contains(" name=first ")
                    .contains(" lib-name=tester lib-ver=1.2")
                    .contains("id=" + id);
            assertThat(connection.line("client list id " + id))
                    .contains("id=" + id + " ")
                    .doesNotContain("first");
            assertThat(second.line("client info")).contains("cmd=client|info user=default redir=-1 resp=2");
            assertThat(connection.line("client kill id " + id)).isEqualTo(":1\r\n");
            assertThatThrownBy(() -> pingUntilClosed(second)).isInstanceOf(IOException.class);
        }
    }

    /** A connection is closed on its own event loop, a moment after the reply to KILL. */
    private static void pingUntilClosed(RespConnection connection) throws IOException {
        for (long deadline = System.nanoTime() + 20_000_000_000L; System.nanoTime() < deadline; ) {
            connection.line("ping");
        }
    }

    @Test
    void aClientThatKillsItselfGetsItsReply() throws Exception {
        RespConnection doomed = server.connect();
        String id = doomed.line("client id").strip().substring(1);
        assertThat(doomed.line("client kill id " + id)).isEqualTo(":0\r\n");
        assertThat(doomed.line("client kill id " + id + " skipme no")).isEqualTo(":1\r\n");
        assertThatThrownBy(doomed::receive).isInstanceOf(EOFException.class);
        doomed.close();
    }

    @Test
    void repliesCanBeTurnedOff() throws Exception {
        connection.send(words("client", "reply", "off"));
        connection.send(words("set", "k", "v"));
        connection.send(words("client", "reply", "on"));
        assertThat(connection.receive()).isEqualTo("+OK\r\n");
        connection.send(words("client", "reply", "skip"));
        connection.send(words("get", "k"));
        assertThat(connection.line("get k")).isEqualTo("$1\r\nv\r\n");
    }

    private static List<byte[]> words(String... words) {
        return Arrays.stream(words)
                .map(word -> word.getBytes(StandardCharsets.ISO_8859_1))
                .toList();
    }

    @Test
    void debugSleepHoldsUpNobodyElse() throws Exception {
        connection.send(words("debug", "sleep", "30"));
        try (RespConnection other = server.connect()) {
            // The timeout of the other connection is shorter than the sleep: a blocked loop would fail here.
            for (int i = 0; i < 20; i++) {
                assertThat(other.line("ping")).isEqualTo("+PONG\r\n");
            }
        }
    }

    @Test
    void debugSleepAnswersInTheEnd() throws Exception {
        long before = System.nanoTime();
        assertThat(connection.line("debug sleep 0.2")).isEqualTo("+OK\r\n");
        assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(190_000_000L);
    }

    @Test
    void latencyAndTheSlowLogHaveThresholdsOfTheirOwn() throws Exception {
        connection.line("config set slowlog-log-slower-than -1 latency-monitor-threshold 10");
        assertThat(connection.line("debug sleep 0.05")).isEqualTo("+OK\r\n");
        assertThat(connection.line("slowlog len")).isEqualTo(":0\r\n");
        List<?> events = (List<?>) RespConnection.parse(connection.line("latency latest"));
        assertThat(events).hasSize(1);
        assertThat((Object) ((List<?>) events.get(0)).get(0)).isEqualTo("command");
        connection.line("latency reset");
        connection.line("config set slowlog-log-slower-than 10000 latency-monitor-threshold 0");
        connection.line("multi");
        connection.line("debug sleep 0.05");
        assertThat(connection.line("exec")).isEqualTo("*1\r\n+OK\r\n");
        assertThat(RespConnection.parse(connection.line("latency latest"))).isEqualTo(List.of());
        List<?> slow = (List<?>) RespConnection.parse(connection.line("slowlog get"));
        assertThat(slow).hasSize(1);
        List<?> entry = (List<?>) slow.get(0);
        assertThat((Object) entry.get(3)).isEqualTo(List.of("debug", "sleep", "0.05"));
        assertThat((Long) entry.get(2)).isGreaterThanOrEqualTo(50_000);
        String stats = info("commandstats").getOrDefault("cmdstat_debug", "");
        assertThat(stats).startsWith("calls=2,usec=");
        assertThat(Long.parseLong(stats.replaceAll(".*,usec=([0-9]+),.*", "$1")))
                .isGreaterThanOrEqualTo(100_000);
    }

    @Test
    void theSlowLogKeepsSlowCalls() throws Exception {
        connection.line("config set slowlog-log-slower-than 0");
        connection.line("client setname slow");
        connection.line("set k value");
        List<?> entries = (List<?>) RespConnection.parse(connection.line("slowlog get 1"));
        assertThat(entries).hasSize(1);
        List<?> entry = (List<?>) entries.get(0);
        assertThat(entry).hasSize(6);
        assertThat((Object) entry.get(3)).isEqualTo(List.of("set", "k", "value"));
        assertThat((Object) entry.get(5)).isEqualTo("slow");
        assertThat((Long) RespConnection.parse(connection.line("slowlog len"))).isGreaterThan(1);
        connection.line("config set slowlog-log-slower-than -1");
        assertThat(connection.line("slowlog reset")).isEqualTo("+OK\r\n");
        assertThat(connection.line("slowlog len")).isEqualTo(":0\r\n");
    }

    @Test
    void latencyShowsHistograms() throws Exception {
        connection.line("set k v");
        connection.line("set k v");
        List<?> histogram = (List<?>) RespConnection.parse(connection.line("latency histogram set nosuch"));
        assertThat(histogram).hasSize(2);
        assertThat((Object) histogram.get(0)).isEqualTo("set");
        List<?> fields = (List<?>) histogram.get(1);
        assertThat((Object) fields.get(0)).isEqualTo("calls");
        assertThat((Object) fields.get(1)).isEqualTo(2L);
        assertThat(connection.line("latency doctor")).contains("latency-monitor-threshold");
    }

    @Test
    void configIsReadAndChanged() throws Exception {
        assertThat(connection.line("config get slowlog-max-*"))
                .isEqualTo("*2\r\n$15\r\nslowlog-max-len\r\n$3\r\n128\r\n");
        assertThat(connection.line("config set slowlog-max-len 5 latency-monitor-threshold 7"))
                .isEqualTo("+OK\r\n");
        assertThat(connection.line("config get slowlog-max-len")).endsWith("$1\r\n5\r\n");
        assertThat(connection.line("config set slowlog-max-len 9 maxmemory nonsense"))
                .startsWith("-ERR CONFIG SET failed");
        assertThat(connection.line("config get slowlog-max-len")).endsWith("$1\r\n5\r\n");
    }

    @Test
    void pausedWritesWaitAndReadsDoNot() throws Exception {
        connection.line("client pause 60000 write");
        try (RespConnection writer = server.connect();
                RespConnection reader = server.connect()) {
            writer.send(words("set", "k", "v"));
            assertThat(reader.line("get k")).isEqualTo("$-1\r\n");
            connection.line("client unpause");
            assertThat(writer.receive()).isEqualTo("+OK\r\n");
        }
    }

    @Test
    void helpIsThere() throws Exception {
        for (String container : List.of(
                "object", "client", "config", "slowlog", "latency", "memory", "module", "command", "debug", "acl")) {
            List<?> lines = (List<?>) RespConnection.parse(connection.run(container, "help"));
            assertThat(lines).as(container).isNotNull();
            assertThat(String.valueOf(lines.get(0))).startsWith("+" + container.toUpperCase(java.util.Locale.ROOT));
            assertThat(String.valueOf(lines.get(lines.size() - 2))).isEqualTo("+HELP");
        }
    }

    @Test
    void savingAnswersWhenItIsDone() throws Exception {
        connection.line("set k v");
        assertThat(connection.line("save")).isEqualTo("+OK\r\n");
        long saved = (Long) java.util.Objects.requireNonNull(RespConnection.parse(connection.line("lastsave")));
        assertThat(saved).isGreaterThan(1_700_000_000L);
        assertThat(info("persistence")).containsEntry("rdb_changes_since_last_save", "0");
        assertThat(connection.line("bgsave")).isEqualTo("+Background saving started\r\n");
    }

    @Test
    void lolwutEndsWithTheVersion() throws Exception {
        assertThat(connection.line("lolwut version 5")).contains("Redis ver. 7.0.15");
    }
}

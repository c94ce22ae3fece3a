package io.cairn.command;

import io.cairn.config.Keys;
import io.cairn.keyspace.Database;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The sections of INFO, each written on demand. Fields are Redis's where there is something to say; figures of
 * subsystems that do not exist here (forks, allocator, defragmentation) are left out rather than invented. Redis:
 * genRedisInfoString.
 */
final class InfoSections {
    private static final List<String> DEFAULT = List.of(
            "server",
            "clients",
            "memory",
            "persistence",
            "stats",
            "replication",
            "cpu",
            "modules",
            "errorstats",
            "cluster",
            "keyspace");
    /** Redis's name for the section of modules among the defaults. */
    private static final String MODULE_LIST = "module_list";

    private static final long MICROS_PER_SECOND = 1_000_000;
    private static final int SECONDS_PER_DAY = 86_400;
    private static final int LRU_CLOCK_MASK = (1 << 24) - 1;

    private final Replication replication;
    private final ProcessFigures process;
    private final Map<String, Section> sections = new LinkedHashMap<>();

    /** Writes the lines of one section. */
    @FunctionalInterface
    private interface Section {
        void write(ServerState server, InfoText text);
    }

    InfoSections(Replication replication, ProcessFigures process) {
        this.replication = replication;
        this.process = process;
        sections.put("server", this::server);
        sections.put("clients", this::clients);
        sections.put("memory", new InfoMemory(process)::info);
        sections.put("persistence", this::persistence);
        sections.put("stats", InfoStatistics::stats);
        sections.put("replication", this::replication);
        sections.put("cpu", this::cpu);
        sections.put("modules", (server, text) -> text.section("Modules"));
        sections.put("commandstats", InfoStatistics::commands);
        sections.put("errorstats", InfoStatistics::errors);
        sections.put("latencystats", InfoStatistics::latencies);
        sections.put("cluster", this::cluster);
        sections.put("keyspace", this::keyspace);
    }

    /** INFO's text for section names in any case; none means "default". Unknown names are no error. */
    String text(ServerState server, List<String> names) {
        Set<String> wanted = new LinkedHashSet<>(names.isEmpty() ? DEFAULT : List.of());
        for (String name : names) {
            switch (name.toLowerCase(Locale.ROOT)) {
                case "default" -> wanted.addAll(DEFAULT);
                case "everything" -> wanted.addAll(sections.keySet());
                case "all" -> {
                    wanted.addAll(sections.keySet());
                    wanted.remove("modules");
                }
                case MODULE_LIST -> wanted.add("modules");
                default -> wanted.add(name.toLowerCase(Locale.ROOT));
            }
        }
        InfoText text = new InfoText();
        sections.forEach((name, section) -> {
            if (wanted.contains(name)) {
                section.write(server, text);
            }
        });
        return text.toString();
    }

    private void server(ServerState server, InfoText text) {
        ServerState.Identity identity = server.identity();
        long micros = server.micros();
        long uptime = Math.max(0, micros / 1000 - identity.startMillis()) / 1000;
        int hz = server.config().get(Keys.HZ);
        text.section("Server");
        text.line("redis_version", Release.REDIS_VERSION)
                .line("cairn_version", Release.VERSION)
                .line("redis_mode", identity.mode())
                .line("os", process.system())
                .line("arch_bits", 64)
                .line("java_version", System.getProperty("java.version", ""))
                .line("process_id", process.processId())
                .line("process_supervised", "no")
                .line("run_id", identity.runId())
                .line("node_id", identity.nodeId())
                .line("tcp_port", identity.port())
                .line("server_time_usec", micros)
                .line("uptime_in_seconds", uptime)
                .line("uptime_in_days", uptime / SECONDS_PER_DAY)
                .line("hz", hz)
                .line("configured_hz", hz)
                .line("lru_clock", micros / MICROS_PER_SECOND & LRU_CLOCK_MASK)
                .line("executable", identity.executable())
                .line("config_file", identity.configFile())
                .line("io_threads_active", false);
    }

    private void clients(ServerState server, InfoText text) {
        long[] largest = {0, 0};
        server.clients().forEach(client -> {
            largest[0] = Math.max(largest[0], client.inputBytes());
            largest[1] = Math.max(largest[1], client.outputBytes());
        });
        text.section("Clients");
        text.line("connected_clients", server.clients().count())
                .line("maxclients", server.config().get(Keys.MAXCLIENTS))
                .line("client_recent_max_input_buffer", largest[0])
                .line("client_recent_max_output_buffer", largest[1])
                .line("blocked_clients", server.clients().waiting())
                .line("tracking_clients", server.clients().trackingCounts().clients())
                .line("clients_in_timeout_table", 0);
    }

    private void persistence(ServerState server, InfoText text) {
        Persistence.Status status = server.persistence().status();
        text.section("Persistence");
        text.line("loading", status.loading())
                .line("async_loading", false)
                .line("rdb_changes_since_last_save", status.changesSinceSave())
                .line("rdb_bgsave_in_progress", status.saveInProgress())
                .line("rdb_last_save_time", server.lastSaveSeconds())
                .line("rdb_last_bgsave_status", ok(status.lastSaveOk()))
                .line("rdb_last_bgsave_time_sec", status.lastSaveDuration())
                .line("rdb_current_bgsave_time_sec", status.currentSaveDuration())
                .line("rdb_saves", status.saves())
                .line("aof_enabled", status.logEnabled())
                .line("aof_rewrite_in_progress", status.rewriteInProgress())
                .line("aof_rewrite_scheduled", status.rewriteScheduled())
                .line("aof_last_rewrite_time_sec", status.lastRewriteDuration())
                .line("aof_current_rewrite_time_sec", status.currentRewriteDuration())
                .line("aof_last_bgrewrite_status", ok(status.lastRewriteOk()))
                .line("aof_last_write_status", ok(status.lastWriteOk()));
        if (status.logEnabled()) {
            text.line("aof_current_size", status.logBytes())
                    .line("aof_base_size", status.logBaseBytes())
                    .line("aof_pending_rewrite", status.rewriteScheduled())
                    .line("aof_fsync_policy", server.config().show(Keys.APPENDFSYNC));
        }
    }

    private static String ok(boolean ok) {
        return ok ? "ok" : "err";
    }

    private void replication(ServerState server, InfoText text) {
        Replication.View view = replication.view();
        Replication.Primary primary = view.primary();
        text.section("Replication");
        text.line("role", primary == null ? "master" : "slave");
        if (primary != null) {
            primary(server, view, primary, text);
        }
        text.line("connected_slaves", view.replicas().size());
        long least = server.config().get(Keys.MIN_REPLICAS_TO_WRITE);
        if (least > 0 && server.config().get(Keys.MIN_REPLICAS_MAX_LAG) > 0) {
            text.line("min_slaves_good_slaves", view.good());
        }
        int number = 0;
        for (Replication.Replica replica : view.replicas()) {
            text.line(
                    "slave" + number++,
                    "ip=" + replica.host() + ",port=" + replica.port() + ",state=" + replica.state() + ",offset="
                            + replica.offset() + ",lag=" + replica.lagSeconds());
        }
        RoleChange role = server.roleChange();
        text.line("master_failover_state", role == null ? "no-failover" : role.failoverState())
                .line("master_replid", view.id())
                .line("master_replid2", view.secondId())
                .line("master_repl_offset", view.offset())
                .line("second_repl_offset", view.secondOffset())
                .line("repl_backlog_active", view.backlog().active())
                .line("repl_backlog_size", view.backlog().size())
                .line("repl_backlog_first_byte_offset", view.backlog().first())
                .line("repl_backlog_histlen", view.backlog().length());
    }

    private static void primary(ServerState server, Replication.View view, Replication.Primary primary, InfoText text) {
        Replication.Transfer transfer = primary.transfer();
        text.line("master_host", primary.host())
                .line("master_port", primary.port())
                .line("master_link_status", primary.linkUp() ? "up" : "down")
                .line("master_last_io_seconds_ago", primary.lastHeardSeconds())
                .line("master_sync_in_progress", transfer != null)
                .line("slave_read_repl_offset", Math.max(view.offset(), primary.readOffset()))
                .line("slave_repl_offset", view.offset());
        if (transfer != null) {
            long total = transfer.totalBytes();
            text.line("master_sync_total_bytes", total)
                    .line("master_sync_read_bytes", transfer.readBytes())
                    .line("master_sync_left_bytes", total - transfer.readBytes())
                    .line(
                            "master_sync_perc",
                            String.format(Locale.ROOT, "%.2f", total == 0 ? 0.0 : 100.0 * transfer.readBytes() / total))
                    .line("master_sync_last_io_seconds_ago", transfer.idleSeconds());
        }
        if (!primary.linkUp()) {
            text.line("master_link_down_since_seconds", primary.downSeconds());
        }
        text.line("slave_priority", server.config().get(Keys.REPLICA_PRIORITY))
                .line("slave_read_only", server.config().get(Keys.REPLICA_READ_ONLY))
                .line("replica_announced", server.config().get(Keys.REPLICA_ANNOUNCED));
    }

    private void cpu(ServerState server, InfoText text) {
        text.section("CPU");
        text.line("used_cpu_sys", seconds(process.systemMicros()))
                .line("used_cpu_user", seconds(process.userMicros()))
                .line("used_cpu_sys_children", seconds(0))
                .line("used_cpu_user_children", seconds(0));
    }

    private static String seconds(long micros) {
        return String.format(Locale.ROOT, "%d.%06d", micros / MICROS_PER_SECOND, micros % MICROS_PER_SECOND);
    }

    private void cluster(ServerState server, InfoText text) {
        text.section("Cluster");
        text.line("cluster_enabled", server.identity().mode().equals("cluster"));
    }

    private void keyspace(ServerState server, InfoText text) {
        text.section("Keyspace");
        // A node of a cluster has one that clients see.
        int databases = server.identity().mode().equals("cluster")
                ? 1
                : server.keyspace().databases();
        for (int i = 0; i < databases; i++) {
            Database database = server.keyspace().database(i);
            long keys = database.size();
            if (keys > 0) {
                // The second counts keys of slots that are received or given away, too.
                long expires = Math.min(keys, database.volatileKeys());
                text.line("db" + i, "keys=" + keys + ",expires=" + expires + ",avg_ttl=0");
            }
        }
    }
}

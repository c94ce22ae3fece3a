package io.cairn.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keys of a stock redis.conf that mean nothing here, and keys of ours that are not built yet: checked, accepted with one warning each and shown by CONFIG GET, so
 * that an existing file starts. A key whose other values ask for behaviour that would be unsafe to ignore has a refusal:
 * then only the default is accepted. Names, defaults and bounds are those of Redis 7.0.15.
 */
final class ListedKeys {
    static final List<Key<?>> ALL = new ArrayList<>();

    private static final String TLS = "TLS is not built yet";
    private static final String ISOLATION = "Unix sockets are not built yet";
    private static final String MODULES = "Redis modules cannot be loaded here";
    private static final String RENAME = "commands cannot be renamed here";

    static {
        network();
        general();
        memory();
        persistence();
        replication();
        encodings();
        cluster();
        tls();
    }

    private ListedKeys() {}

    static List<Key<?>> all() {
        return Collections.unmodifiableList(ALL);
    }

    private static void network() {
        fixed("unixsocket", Types.text(), "", ISOLATION);
        fixed("unixsocketperm", Types.text(), "0");
        fixed("socket-mark-id", number(), 0L);
        fixed("io-threads-do-reads", Types.yesNo(), false);
        fixed("enable-protected-configs", Types.word("no", "yes", "local"), "no");
        fixed("enable-module-command", Types.word("no", "yes", "local"), "no");
        listed("rename-command", ListTypes.line("old and new name"), "", RENAME);
        listed("loadmodule", ListTypes.line("a module and its arguments"), "", MODULES);
    }

    private static void general() {
        // A JVM cannot fork.
        fixed("daemonize", Types.yesNo(), false);
        fixed("supervised", Types.word("upstart", "systemd", "auto", "no"), "no");
        fixed("always-show-logo", Types.yesNo(), false);
        fixed("set-proc-title", Types.yesNo(), true);
        listed("proc-title-template", Types.text(), "{title} {listen-addr} {server-mode}");
        fixed("syslog-enabled", Types.yesNo(), false);
        fixed("syslog-ident", Types.text(), "redis");
        fixed("syslog-facility", Types.text(), "local0");
        yesNo("crash-log-enabled", true);
        yesNo("crash-memcheck-enabled", true);
        listed("ignore-warnings", ListTypes.line("warnings"), "");
        listed("oom-score-adj", Types.word("no", "yes", "relative", "absolute"), "no");
        listed("oom-score-adj-values", ListTypes.line("three numbers"), "0 200 800");
        fixed("disable-thp", Types.yesNo(), true);
        yesNo("dynamic-hz", true);
        listed("shutdown-on-sigint", ListTypes.line("default, save, nosave, now, force"), "default");
        listed("shutdown-on-sigterm", ListTypes.line("default, save, nosave, now, force"), "default");
        fixed("server_cpulist", Types.text(), "");
        fixed("bio_cpulist", Types.text(), "");
        fixed("aof_rewrite_cpulist", Types.text(), "");
        fixed("bgsave_cpulist", Types.text(), "");
        yesNo("latency-tracking", true);
        listed("latency-tracking-info-percentiles", ListTypes.line("percentiles"), "50 99 99.9");
        listed("propagation-error-behavior", Types.word("ignore", "panic", "panic-on-replicas"), "ignore");
    }

    private static void memory() {
        yesNo("lazyfree-lazy-eviction", false);
        yesNo("lazyfree-lazy-expire", false);
        yesNo("lazyfree-lazy-server-del", false);
        yesNo("lazyfree-lazy-user-del", false);
        yesNo("lazyfree-lazy-user-flush", false);
        yesNo("replica-lazy-flush", "slave-lazy-flush", false);
        yesNo("activerehashing", true);
        yesNo("activedefrag", false);
        listed("active-defrag-ignore-bytes", Types.memory(1, Long.MAX_VALUE), 100L << 20);
        listed("active-defrag-threshold-lower", Types.integer(0, 1000), 10);
        listed("active-defrag-threshold-upper", Types.integer(0, 1000), 100);
        listed("active-defrag-cycle-min", Types.integer(1, 99), 1);
        listed("active-defrag-cycle-max", Types.integer(1, 99), 25);
        listed("active-defrag-max-scan-fields", number(), 1000L);
        yesNo("jemalloc-bg-thread", true);
    }

    private static void persistence() {
        fixed("appendfilename", Types.fileName("appendfilename"), "appendonly.aof");
        fixed("appenddirname", Types.fileName("appenddirname"), "appendonlydir");
        yesNo("no-appendfsync-on-rewrite", false);
        yesNo("aof-load-truncated", true);
        yesNo("aof-use-rdb-preamble", true);
        yesNo("aof-timestamp-enabled", false);
        yesNo("aof-rewrite-incremental-fsync", true);
        yesNo("aof-disable-auto-gc", false);
        yesNo("rdb-save-incremental-fsync", true);
        yesNo("rdbcompression", true);
        // Always written and checked.
        fixed("rdbchecksum", Types.yesNo(), true);
        yesNo("rdb-del-sync-files", false);
        listed("sanitize-dump-payload", Types.word("no", "yes", "clients"), "no");
    }

    private static void replication() {
        yesNo("replica-ignore-disk-write-errors", false);
    }

    private static void encodings() {
        listed("list-compress-depth", number(), 0L);
    }

    private static void cluster() {
        fixed("cluster-config-file", Types.text(), "nodes.conf");
        yesNo("cluster-allow-pubsubshard-when-down", true);
        listed("cluster-link-sendbuf-limit", Types.memory(0, Long.MAX_VALUE), 0L);
        listed("cluster-announce-tls-port", Types.integer(0, 65_535), 0);
    }

    private static void tls() {
        listed("tls-port", Types.integer(0, 65_535), 0, TLS);
        listed("tls-cluster", Types.yesNo(), false, TLS);
        listed("tls-replication", Types.yesNo(), false, TLS);
        listed("tls-auth-clients", Types.word("no", "yes", "optional"), "yes");
        yesNo("tls-prefer-server-ciphers", false);
        yesNo("tls-session-caching", true);
        listed("tls-session-cache-size", number(), 20_480L);
        listed("tls-session-cache-timeout", number(), 300L);
        for (String name : List.of(
                "tls-cert-file",
                "tls-key-file",
                "tls-key-file-pass",
                "tls-client-cert-file",
                "tls-client-key-file",
                "tls-client-key-file-pass",
                "tls-dh-params-file",
                "tls-ca-cert-file",
                "tls-ca-cert-dir",
                "tls-protocols",
                "tls-ciphers",
                "tls-ciphersuites")) {
            listed(name, Types.text(), "");
        }
    }

    private static Type<Long> number() {
        return Types.number(0, Long.MAX_VALUE);
    }

    private static void yesNo(String name, boolean byDefault) {
        listed(name, Types.yesNo(), byDefault);
    }

    private static void yesNo(String name, String alias, boolean byDefault) {
        listed(name, alias, Types.yesNo(), byDefault, null);
    }

    private static <T> void listed(String name, Type<T> type, T byDefault) {
        listed(name, null, type, byDefault, null);
    }

    private static <T> void listed(String name, Type<T> type, T byDefault, String refusal) {
        listed(name, null, type, byDefault, refusal);
    }

    private static <T> void listed(
            String name, @Nullable String alias, Type<T> type, T byDefault, @Nullable String refusal) {
        ALL.add(new Key<>("Listed", name, alias, type, byDefault, Key.Change.RUNTIME, "", true, refusal));
    }

    /** A key that CONFIG SET may not change, as in Redis. */
    private static <T> void fixed(String name, Type<T> type, T byDefault) {
        fixed(name, null, type, byDefault, null);
    }

    private static <T> void fixed(String name, Type<T> type, T byDefault, String refusal) {
        fixed(name, null, type, byDefault, refusal);
    }

    private static <T> void fixed(
            String name, @Nullable String alias, Type<T> type, T byDefault, @Nullable String refusal) {
        ALL.add(new Key<>("Listed", name, alias, type, byDefault, Key.Change.START, "", true, refusal));
    }
}

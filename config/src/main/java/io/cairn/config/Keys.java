package io.cairn.config;

import static io.cairn.config.Key.Change.RUNTIME;
import static io.cairn.config.Key.Change.START;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Every key that the product reads, one line each: name, type with its bounds, default, whether CONFIG SET may change it,
 * and what it does. Names and defaults are Redis's where Redis has the key. A test fails if no product code reads one.
 */
public final class Keys {
    static final List<Key<?>> ALL = new ArrayList<>();

    private static final long MB = 1L << 20;
    private static final long GB = 1L << 30;
    private static final int INT = Integer.MAX_VALUE;
    private static final long LONG = Long.MAX_VALUE;

    private static final OutputLimits OUTPUT_LIMITS = new OutputLimits(
            new OutputLimit(0, 0, 0), new OutputLimit(256 * MB, 64 * MB, 60), new OutputLimit(32 * MB, 8 * MB, 60));
    private static final List<SavePoint> SAVE =
            List.of(new SavePoint(3600, 1), new SavePoint(300, 100), new SavePoint(60, 10_000));

    private Keys() {}

    // Network and clients
    public static final Key<List<Integer>> PORT = key(
            "Network",
            "port",
            ListTypes.ports(false),
            List.of(6379),
            START,
            "Client ports; a process hosts one node per port.");
    public static final Key<List<String>> BIND = key(
            "Network",
            "bind",
            ListTypes.words("addresses; a leading - means: skip it if this machine does not have it"),
            List.of("127.0.0.1", "-::1"),
            START,
            "Addresses to listen on for clients.");
    public static final Key<String> BIND_SOURCE_ADDR = key(
            "Network",
            "bind-source-addr",
            Types.text(),
            "",
            START,
            "Local address that connections to other nodes are made from; empty leaves it to the kernel.");
    public static final Key<Boolean> PROTECTED_MODE = key(
            "Network",
            "protected-mode",
            Types.yesNo(),
            true,
            RUNTIME,
            "Without a password, answer only clients of this machine.");
    public static final Key<Integer> TCP_BACKLOG =
            key("Network", "tcp-backlog", Types.integer(0, INT), 511, START, "Length of the accept queue.");
    public static final Key<Integer> TCP_KEEPALIVE = key(
            "Network",
            "tcp-keepalive",
            Types.integer(0, INT),
            300,
            RUNTIME,
            "Seconds between TCP keepalive probes; 0 is off.");
    public static final Key<Integer> TIMEOUT = key(
            "Network",
            "timeout",
            Types.integer(0, INT),
            0,
            RUNTIME,
            "Close a client that is idle for so many seconds; 0 is never.");
    public static final Key<Integer> MAXCLIENTS = key(
            "Network",
            "maxclients",
            Types.integer(1, INT),
            10_000,
            RUNTIME,
            "Clients connected to one node at the same time.");
    public static final Key<Integer> IO_THREADS = key(
            "Network",
            "io-threads",
            Types.integer(0, 128),
            0,
            START,
            "Event loops of the process; 0 chooses by the number of processors.");
    public static final Key<Long> PROTO_MAX_BULK_LEN = key(
            "Network",
            "proto-max-bulk-len",
            Types.memory(MB, LONG),
            512 * MB,
            RUNTIME,
            "Longest bulk string of a request.");
    public static final Key<Long> CLIENT_QUERY_BUFFER_LIMIT = key(
            "Network",
            "client-query-buffer-limit",
            Types.memory(MB, LONG),
            GB,
            RUNTIME,
            "Most unprocessed request bytes of one client.");
    public static final Key<OutputLimits> CLIENT_OUTPUT_BUFFER_LIMIT = key(
            "Network",
            "client-output-buffer-limit",
            ListTypes.outputLimits(),
            OUTPUT_LIMITS,
            RUNTIME,
            "Reply bytes a client may leave unread before it is closed.");
    public static final Key<String> REQUIREPASS = key(
            "Network", "requirepass", Types.text(), "", RUNTIME, "Password of the default user; empty asks for none.");
    public static final Key<List<UserLine>> USER = key(
            "Network",
            "user",
            ListTypes.users(),
            List.of(),
            START,
            "ACL users at the start; not together with aclfile.");
    public static final Key<String> ACLFILE = key(
            "Network",
            "aclfile",
            Types.text(),
            "",
            START,
            "File of ACL users, relative to dir, which ACL LOAD reads and ACL SAVE writes; empty is none.");
    public static final Key<Long> ACLLOG_MAX_LEN =
            key("Network", "acllog-max-len", Types.number(0, LONG), 128L, RUNTIME, "Most entries of ACL LOG.");
    public static final Key<String> ACL_PUBSUB_DEFAULT = key(
            "Network",
            "acl-pubsub-default",
            Types.word("allchannels", "resetchannels"),
            "resetchannels",
            RUNTIME,
            "Whether a new ACL user may use all channels or none.");

    public static final Key<DebugCommand> ENABLE_DEBUG_COMMAND = key(
            "Network",
            "enable-debug-command",
            Types.choice(DebugCommand.class),
            DebugCommand.LOCAL,
            START,
            "Who may send DEBUG: nobody (no), clients of this machine (local), all (yes). Redis's default is no.");

    // General
    public static final Key<String> DIR = key(
            "General",
            "dir",
            Types.text(),
            ".",
            START,
            "Data directory, which must exist; each node makes the directory named by its port in it.");
    public static final Key<Integer> DATABASES =
            key("General", "databases", Types.integer(1, 10_000), 16, START, "Number of databases; a cluster has one.");
    public static final Key<LogLevel> LOGLEVEL = key(
            "General", "loglevel", Types.choice(LogLevel.class), LogLevel.NOTICE, RUNTIME, "Least level of log lines.");
    public static final Key<String> LOGFILE =
            key("General", "logfile", Types.text(), "", START, "Log file; empty is the standard output.");
    public static final Key<String> PIDFILE = key(
            "General",
            "pidfile",
            Types.text(),
            "",
            START,
            "File with the process id, removed on a clean stop; empty is none.");
    public static final Key<Integer> HZ =
            key("General", "hz", Types.clamped(1, 500), 10, RUNTIME, "Rounds of background work per second.");
    public static final Key<Integer> ACTIVE_EXPIRE_EFFORT = key(
            "General",
            "active-expire-effort",
            Types.integer(1, 10),
            1,
            RUNTIME,
            "How much time active expiry may take, 1 to 10.");
    public static final Key<Long> MAXMEMORY = key(
            "Memory",
            "maxmemory",
            Types.memory(0, LONG),
            0L,
            RUNTIME,
            "Memory for data, its index and the buffers of clients; 0 means no limit but the machine's.");
    public static final Key<MaxmemoryPolicy> MAXMEMORY_POLICY = key(
            "Memory",
            "maxmemory-policy",
            Types.choice(MaxmemoryPolicy.class),
            MaxmemoryPolicy.NOEVICTION,
            RUNTIME,
            "Which keys go at maxmemory: of all keys or of those that expire, the least recently (lru) or frequently (lfu) used, any, or those that expire first; noeviction: commands that need memory get an error.");
    public static final Key<Integer> MAXMEMORY_SAMPLES = key(
            "Memory",
            "maxmemory-samples",
            Types.integer(1, INT),
            5,
            RUNTIME,
            "Keys looked at to find one to evict: more are slower and nearer to the true order.");
    public static final Key<Long> TRACKING_TABLE_MAX_KEYS = key(
            "Memory",
            "tracking-table-max-keys",
            Types.number(0, LONG),
            1_000_000L,
            RUNTIME,
            "Keys that are remembered for clients with CLIENT TRACKING on; above it some are forgotten and their clients told"
                    + " that they changed. 0: as many as a sixteenth of the heap holds, which bounds them in any case.");
    public static final Key<Integer> MAXMEMORY_EVICTION_TENACITY = key(
            "Memory",
            "maxmemory-eviction-tenacity",
            Types.integer(0, 100),
            10,
            RUNTIME,
            "How long one command may be held up by eviction: 10 is 500 us, 100 without limit; what is left goes on in the background.");
    public static final Key<Long> MAXMEMORY_CLIENTS = key(
            "Memory",
            "maxmemory-clients",
            Types.memoryOrPercent(),
            0L,
            RUNTIME,
            "Memory for the buffers of all clients, as bytes or as a percentage of maxmemory; above it the largest are closed. 0 is no limit.");
    public static final Key<Integer> LFU_LOG_FACTOR = key(
            "Memory",
            "lfu-log-factor",
            Types.integer(0, INT),
            10,
            RUNTIME,
            "How slowly the access counter of a key grows under an lfu policy.");
    public static final Key<Integer> LFU_DECAY_TIME = key(
            "Memory",
            "lfu-decay-time",
            Types.integer(0, INT),
            1,
            RUNTIME,
            "Minutes without access after which the counter of a key drops by one; 0 is never.");

    // Encodings
    public static final Key<Long> HASH_MAX_LISTPACK_ENTRIES = key(
            "Encodings",
            "hash-max-listpack-entries",
            "hash-max-ziplist-entries",
            Types.number(0, LONG),
            512L,
            RUNTIME,
            "Fields up to which a hash is kept in one listpack.");
    public static final Key<Long> HASH_MAX_LISTPACK_VALUE = key(
            "Encodings",
            "hash-max-listpack-value",
            "hash-max-ziplist-value",
            Types.memory(0, LONG),
            64L,
            RUNTIME,
            "Longest field or value of a hash in a listpack.");
    public static final Key<Integer> LIST_MAX_LISTPACK_SIZE = key(
            "Encodings",
            "list-max-listpack-size",
            "list-max-ziplist-size",
            Types.integer(-5, INT),
            -2,
            RUNTIME,
            "Size of a list's nodes: elements, or -1 to -5 for 4 to 64 KB.");
    public static final Key<Long> SET_MAX_INTSET_ENTRIES = key(
            "Encodings",
            "set-max-intset-entries",
            null,
            Types.number(0, LONG),
            512L,
            RUNTIME,
            "Members up to which a set of integers is kept as an intset. In raft mode the primary's setting counts.");
    public static final Key<Long> ZSET_MAX_LISTPACK_ENTRIES = key(
            "Encodings",
            "zset-max-listpack-entries",
            "zset-max-ziplist-entries",
            Types.number(0, LONG),
            128L,
            RUNTIME,
            "Members up to which a sorted set is kept in one listpack.");
    public static final Key<Long> ZSET_MAX_LISTPACK_VALUE = key(
            "Encodings",
            "zset-max-listpack-value",
            "zset-max-ziplist-value",
            Types.memory(0, LONG),
            64L,
            RUNTIME,
            "Longest member of a sorted set in a listpack.");
    public static final Key<Long> HLL_SPARSE_MAX_BYTES = key(
            "Encodings",
            "hll-sparse-max-bytes",
            null,
            Types.memory(0, LONG),
            3000L,
            RUNTIME,
            "Bytes up to which a HyperLogLog is kept sparse. In raft mode the primary's setting counts.");
    public static final Key<Long> STREAM_NODE_MAX_BYTES = key(
            "Encodings",
            "stream-node-max-bytes",
            null,
            Types.memory(0, LONG),
            4096L,
            RUNTIME,
            "Bytes of a stream's node; 0 for no limit. In raft mode the primary's setting counts.");
    public static final Key<Long> STREAM_NODE_MAX_ENTRIES = key(
            "Encodings",
            "stream-node-max-entries",
            null,
            Types.number(0, LONG),
            100L,
            RUNTIME,
            "Entries of a stream's node; 0 for no limit. In raft mode the primary's setting counts.");

    // Persistence
    public static final Key<Boolean> APPENDONLY = key(
            "Persistence",
            "appendonly",
            Types.yesNo(),
            false,
            RUNTIME,
            "Keep a log of all writes; raft mode needs and implies it.");
    public static final Key<AppendFsync> APPENDFSYNC = key(
            "Persistence",
            "appendfsync",
            Types.choice(AppendFsync.class),
            AppendFsync.EVERYSEC,
            RUNTIME,
            "When the log is fsynced; raft mode uses always unless this key is set.");
    public static final Key<Long> LOG_SEGMENT_SIZE = key(
            "Persistence",
            "log-segment-size",
            Types.memory(MB, GB),
            64 * MB,
            START,
            "Size of one preallocated log segment.");
    public static final Key<Integer> AUTO_AOF_REWRITE_PERCENTAGE = key(
            "Persistence",
            "auto-aof-rewrite-percentage",
            Types.integer(0, INT),
            100,
            RUNTIME,
            "Rewrite the log when it grew by so many percent; 0 is never.");
    public static final Key<Long> AUTO_AOF_REWRITE_MIN_SIZE = key(
            "Persistence",
            "auto-aof-rewrite-min-size",
            Types.memory(0, LONG),
            64 * MB,
            RUNTIME,
            "Do not rewrite a smaller log by itself.");
    public static final Key<List<SavePoint>> SAVE_POINTS = key(
            "Persistence",
            "save",
            ListTypes.save(),
            SAVE,
            RUNTIME,
            "Save a snapshot after so many seconds with so many changes.");
    public static final Key<String> DBFILENAME = key(
            "Persistence", "dbfilename", Types.fileName("dbfilename"), "dump.rdb", START, "Name of the snapshot file.");
    public static final Key<String> RDB_FORM = key(
            "Persistence",
            "rdb-form",
            Types.word("7.0", "7.4"),
            "7.0",
            RUNTIME,
            "The oldest Redis that loads dump.rdb. With 7.0 saving is refused while a hash has fields that expire.");
    public static final Key<Boolean> STOP_WRITES_ON_BGSAVE_ERROR = key(
            "Persistence",
            "stop-writes-on-bgsave-error",
            Types.yesNo(),
            true,
            RUNTIME,
            "Refuse writes while the last snapshot failed.");

    // Replication
    public static final Key<Primary> REPLICAOF = key(
            "Replication",
            "replicaof",
            "slaveof",
            ListTypes.primary(),
            Primary.NONE,
            START,
            "Host and port of the primary whose data this node follows; REPLICAOF sets it at run time. Not in a cluster.");
    public static final Key<String> MASTERUSER = key(
            "Replication",
            "masteruser",
            null,
            Types.text(),
            "",
            RUNTIME,
            "User as whom the node logs in at its primary; empty is the default user.");
    public static final Key<String> MASTERAUTH = key(
            "Replication",
            "masterauth",
            null,
            Types.text(),
            "",
            RUNTIME,
            "Password with which the node logs in at its primary; empty is none.");
    public static final Key<Boolean> REPLICA_READ_ONLY = key(
            "Replication",
            "replica-read-only",
            "slave-read-only",
            Types.yesNo(),
            true,
            RUNTIME,
            "A replica refuses writes of its clients. What they write when it is no is the next full sync's to wipe, and is passed to nobody.");
    public static final Key<Boolean> REPLICA_SERVE_STALE_DATA = key(
            "Replication",
            "replica-serve-stale-data",
            "slave-serve-stale-data",
            Types.yesNo(),
            true,
            RUNTIME,
            "A replica without a link to its primary answers from what it has; with no it answers MASTERDOWN.");
    public static final Key<Boolean> REPLICA_IGNORE_MAXMEMORY = key(
            "Replication",
            "replica-ignore-maxmemory",
            "slave-ignore-maxmemory",
            Types.yesNo(),
            true,
            RUNTIME,
            "A replica evicts nothing by itself: its primary's evictions arrive as deletes.");
    public static final Key<String> REPLICA_ANNOUNCE_IP = key(
            "Replication",
            "replica-announce-ip",
            "slave-announce-ip",
            Types.text(),
            "",
            RUNTIME,
            "Address that a replica tells its primary; empty leaves it to what the primary sees.");
    public static final Key<Integer> REPLICA_ANNOUNCE_PORT = key(
            "Replication",
            "replica-announce-port",
            "slave-announce-port",
            Types.integer(0, 65_535),
            0,
            RUNTIME,
            "Port that a replica tells its primary; 0 is its client port.");
    public static final Key<Boolean> REPLICA_ANNOUNCED = key(
            "Replication",
            "replica-announced",
            null,
            Types.yesNo(),
            true,
            RUNTIME,
            "Whether Sentinel is to show the replica (INFO replica_announced).");
    public static final Key<Long> REPLICA_PRIORITY = key(
            "Replication",
            "replica-priority",
            "slave-priority",
            Types.number(0, INT),
            100L,
            RUNTIME,
            "Which replica a failover prefers: the lowest; 0 is never (INFO slave_priority).");
    public static final Key<Boolean> REPL_DISKLESS_SYNC = key(
            "Replication",
            "repl-diskless-sync",
            null,
            Types.yesNo(),
            true,
            RUNTIME,
            "Send a full sync to replicas that can take it (capa eof) while it is made, without a file.");
    public static final Key<Long> REPL_DISKLESS_SYNC_DELAY = key(
            "Replication",
            "repl-diskless-sync-delay",
            null,
            Types.number(0, INT),
            5L,
            RUNTIME,
            "Seconds that such a full sync waits for more replicas to share it.");
    public static final Key<Long> REPL_DISKLESS_SYNC_MAX_REPLICAS = key(
            "Replication",
            "repl-diskless-sync-max-replicas",
            null,
            Types.number(0, INT),
            0L,
            RUNTIME,
            "Replicas with which such a full sync begins before its delay is over; 0 always waits.");
    public static final Key<DisklessLoad> REPL_DISKLESS_LOAD = key(
            "Replication",
            "repl-diskless-load",
            null,
            Types.choice(DisklessLoad.class),
            DisklessLoad.DISABLED,
            RUNTIME,
            "When a replica loads its primary's data while it comes in instead of from a file: never, with nothing of its own (on-empty-db); swapdb is taken as disabled, which keeps the old data as long.");
    public static final Key<Boolean> REPL_DISABLE_TCP_NODELAY = key(
            "Replication",
            "repl-disable-tcp-nodelay",
            null,
            Types.yesNo(),
            false,
            RUNTIME,
            "Let the kernel gather the changes for replicas into fewer, later packets.");
    public static final Key<Long> REPL_TIMEOUT = key(
            "Replication",
            "repl-timeout",
            null,
            Types.number(1, INT),
            60L,
            RUNTIME,
            "Seconds of silence after which a replica or a primary counts as gone.");
    public static final Key<Long> REPL_BACKLOG_SIZE = key(
            "Replication",
            "repl-backlog-size",
            null,
            Types.memory(1, LONG),
            MB,
            RUNTIME,
            "Bytes of past changes kept for replicas that come back (at least 16kb are, at most 1gb).");
    public static final Key<Long> SHUTDOWN_TIMEOUT = key(
            "Replication",
            "shutdown-timeout",
            null,
            Types.number(0, Integer.MAX_VALUE),
            10L,
            RUNTIME,
            "Seconds that a node which stops holds writes at most until its replicas have all of them; 0 is not at all.");
    public static final Key<Long> REPL_BACKLOG_TTL = key(
            "Replication",
            "repl-backlog-ttl",
            null,
            Types.number(0, LONG),
            3600L,
            RUNTIME,
            "Seconds without replicas after which a primary gives the backlog up; 0 is never.");
    public static final Key<Long> REPL_PING_REPLICA_PERIOD = key(
            "Replication",
            "repl-ping-replica-period",
            "repl-ping-slave-period",
            Types.number(0, LONG),
            10L,
            RUNTIME,
            "Seconds between the PINGs that those who follow all changes (SYNC) get; 0 is never.");
    public static final Key<Long> MIN_REPLICAS_TO_WRITE = key(
            "Replication",
            "min-replicas-to-write",
            "min-slaves-to-write",
            Types.number(0, LONG),
            0L,
            RUNTIME,
            "Refuse writes while fewer than so many follow all changes; raft mode counts the replicas of the shard that are up.");
    public static final Key<Long> MIN_REPLICAS_MAX_LAG = key(
            "Replication",
            "min-replicas-max-lag",
            "min-slaves-max-lag",
            Types.number(0, LONG),
            10L,
            RUNTIME,
            "Seconds without a sign of life after which a follower no longer counts for min-replicas-to-write.");

    // Scripts
    public static final Key<Long> BUSY_REPLY_THRESHOLD = key(
            "Scripts",
            "busy-reply-threshold",
            "lua-time-limit",
            Types.number(0, LONG),
            5_000L,
            RUNTIME,
            "Milliseconds after which a script that runs makes the node answer BUSY, and SCRIPT KILL the way out; 0 is never.");
    public static final Key<Long> SCRIPT_MEMORY_LIMIT = key(
            "Scripts",
            "script-memory-limit",
            Types.memory(MB, LONG),
            256 * MB,
            RUNTIME,
            "Memory of the Lua interpreter; a script that uses more is ended at the next look, after some thousand instructions.");

    // Observation
    public static final Key<Long> SLOWLOG_LOG_SLOWER_THAN = key(
            "Observation",
            "slowlog-log-slower-than",
            Types.number(-1, LONG),
            10_000L,
            RUNTIME,
            "Microseconds from which a command enters the slow log; -1 is off.");
    public static final Key<Long> SLOWLOG_MAX_LEN =
            key("Observation", "slowlog-max-len", Types.number(0, LONG), 128L, RUNTIME, "Entries the slow log keeps.");
    public static final Key<Long> LATENCY_MONITOR_THRESHOLD = key(
            "Observation",
            "latency-monitor-threshold",
            Types.number(0, LONG),
            0L,
            RUNTIME,
            "Milliseconds from which LATENCY keeps an event; 0 is off.");
    public static final Key<EventClasses> NOTIFY_KEYSPACE_EVENTS = key(
            "Observation",
            "notify-keyspace-events",
            Types.eventClasses(),
            EventClasses.NONE,
            RUNTIME,
            "Events of keys that are published on channels; empty is none.");
    public static final Key<Integer> ADMIN_PORT = key(
            "Observation",
            "admin-port",
            Types.integer(0, 65_535),
            0,
            START,
            "HTTP port of /metrics, /healthz, /readyz; 0 is off.");
    public static final Key<List<String>> ADMIN_BIND = key(
            "Observation",
            "admin-bind",
            ListTypes.words("addresses"),
            List.of("127.0.0.1"),
            START,
            "Addresses the admin port listens on.");

    // Cluster
    public static final Key<Boolean> CLUSTER_ENABLED =
            key("Cluster", "cluster-enabled", Types.yesNo(), false, START, "Be a node of a cluster.");
    public static final Key<Consensus> CLUSTER_CONSENSUS = key(
            "Cluster",
            "cluster-consensus",
            Types.choice(Consensus.class),
            Consensus.GOSSIP,
            START,
            "Who owns slots and elects primaries.");
    public static final Key<List<Seed>> CLUSTER_SEEDS = key(
            "Cluster",
            "cluster-seeds",
            ListTypes.seeds(),
            List.of(),
            START,
            "Nodes to ask for the cluster; they are asked again until one answers.");
    public static final Key<List<Integer>> CLUSTER_PORT = key(
            "Cluster",
            "cluster-port",
            ListTypes.ports(true),
            List.of(0),
            START,
            "Gossip ports, in the order of port; 0 is port + 10000.");
    public static final Key<List<Integer>> CLUSTER_RAFT_PORT = key(
            "Cluster",
            "cluster-raft-port",
            ListTypes.ports(true),
            List.of(0),
            START,
            "Raft ports, in the order of port; 0 is port + 20000.");
    public static final Key<String> CLUSTER_ANNOUNCE_IP = key(
            "Cluster",
            "cluster-announce-ip",
            Types.host(),
            "",
            START,
            "Address told to others; empty is the one bound.");
    public static final Key<List<Integer>> CLUSTER_ANNOUNCE_PORT = key(
            "Cluster",
            "cluster-announce-port",
            ListTypes.ports(true),
            List.of(0),
            RUNTIME,
            "Client ports told to others, in the order of port; 0 is the port itself.");
    public static final Key<List<Integer>> CLUSTER_ANNOUNCE_BUS_PORT = key(
            "Cluster",
            "cluster-announce-bus-port",
            ListTypes.ports(true),
            List.of(0),
            START,
            "Gossip ports told to others, in the order of port; 0 is the port itself.");
    public static final Key<String> CLUSTER_ANNOUNCE_HOSTNAME =
            key("Cluster", "cluster-announce-hostname", Types.hostname(), "", RUNTIME, "Host name told to others.");
    public static final Key<EndpointType> CLUSTER_PREFERRED_ENDPOINT_TYPE = key(
            "Cluster",
            "cluster-preferred-endpoint-type",
            Types.choice(EndpointType.class),
            EndpointType.IP,
            RUNTIME,
            "What redirects name.");
    public static final Key<Integer> CLUSTER_ELECTION_TIMEOUT = key(
            "Cluster",
            "cluster-election-timeout",
            Types.integer(50, 60_000),
            500,
            START,
            "Milliseconds without a leader after which a Raft election starts. At least three times the slowest"
                    + " round trip between two voters: a leader steps down without a recent answer of a majority.");
    public static final Key<Boolean> CLUSTER_BALANCE_LEADERS = key(
            "Cluster",
            "cluster-balance-leaders",
            Types.yesNo(),
            false,
            RUNTIME,
            "Primaries spread over the processes by themselves: a node of a process that leads more shards than another"
                    + " hands one over, at most one in the cluster every ten seconds and none whose replicas lag."
                    + " cairn cluster balance-leaders does the same once.");
    public static final Key<ReadConsistency> CLUSTER_READ_CONSISTENCY = key(
            "Cluster",
            "cluster-read-consistency",
            Types.choice(ReadConsistency.class),
            ReadConsistency.READINDEX,
            RUNTIME,
            "How a primary makes sure before a read that it still leads. Both are linearizable; lease saves a round trip"
                    + " but rests on clocks: no node's monotonic clock may run 20 % slower or faster than another's, or"
                    + " stand still while the node's virtual machine is suspended. A failover takes up to a second"
                    + " longer with it.");
    public static final Key<ReplicaReads> CLUSTER_REPLICA_READS = key(
            "Cluster",
            "cluster-replica-reads",
            ReplicaReads.type(),
            ReplicaReads.STALE,
            RUNTIME,
            "What READONLY connections get at a replica in raft mode: what it has; what it has if that is not older than"
                    + " so many milliseconds, else as linearizable; or, by asking the primary, the latest.");
    public static final Key<Boolean> CLUSTER_REPLICA_NO_FAILOVER = key(
            "Cluster",
            "cluster-replica-no-failover",
            "cluster-slave-no-failover",
            Types.yesNo(),
            false,
            RUNTIME,
            "Gossip mode: this replica never stands for election. Raft mode: it is a read replica. It follows its shard and the meta group without a vote, never becomes"
                    + " primary, and no write waits for it; CLUSTER NODES shows nofailover. A group in which nobody else"
                    + " is left has its vote all the same.");
    public static final Key<Long> CLUSTER_LOST_VOTER_TIMEOUT = key(
            "Cluster",
            "cluster-lost-voter-timeout",
            Types.number(0, Integer.MAX_VALUE),
            60_000L,
            RUNTIME,
            "Milliseconds after which a voter that is gone loses its vote to a replica that may have it and shares no"
                    + " failure-domain with another voter, where there is one; it comes back as a learner. In the meta"
                    + " group and in shards, as the node that leads the meta group is set; 0 for never.");
    public static final Key<Boolean> CLUSTER_ALLOW_READS_WHEN_DOWN = key(
            "Cluster",
            "cluster-allow-reads-when-down",
            Types.yesNo(),
            false,
            RUNTIME,
            "While the cluster is down, answer reads: those of a shard without a primary from what a replica has, however"
                    + " old. Each node's own, so that it can be set when the cluster cannot agree on anything any more.");
    public static final Key<Long> CLUSTER_NODE_TIMEOUT = key(
            "Cluster",
            "cluster-node-timeout",
            Types.number(1, Integer.MAX_VALUE),
            15_000L,
            RUNTIME,
            "Milliseconds after which a node that is not heard of counts as failed. Gossip mode: its replicas then stand for"
                    + " election, and a primary that no majority hears takes no writes. Raft mode: a shard without a"
                    + " primary for so long is not covered; elections begin after cluster-election-timeout.");
    public static final Key<Long> CLUSTER_REPLICA_VALIDITY_FACTOR = key(
            "Cluster",
            "cluster-replica-validity-factor",
            "cluster-slave-validity-factor",
            Types.number(0, Integer.MAX_VALUE),
            10L,
            RUNTIME,
            "Gossip mode: a replica whose link to its primary was down for more than this many times"
                    + " cluster-node-timeout (and repl-ping-replica-period) does not stand for election; 0: it always does.");
    public static final Key<Long> CLUSTER_MIGRATION_BARRIER = key(
            "Cluster",
            "cluster-migration-barrier",
            Types.number(0, Integer.MAX_VALUE),
            1L,
            RUNTIME,
            "Gossip mode: replicas that a primary keeps when one of them goes to a primary that has lost all of its own.");
    public static final Key<Boolean> CLUSTER_ALLOW_REPLICA_MIGRATION = key(
            "Cluster",
            "cluster-allow-replica-migration",
            Types.yesNo(),
            true,
            RUNTIME,
            "Gossip mode: replicas may go to primaries without, and a primary whose last slot was moved away becomes a"
                    + " replica of who has it.");
    public static final Key<Boolean> CLUSTER_REQUIRE_FULL_COVERAGE = key(
            "Cluster",
            "cluster-require-full-coverage",
            Types.yesNo(),
            true,
            RUNTIME,
            "Refuse all commands with keys while a slot has no owner, or its shard has had no primary for"
                    + " cluster-node-timeout.");
    public static final Key<Long> CLUSTER_SLOT_MIGRATION_MAX_RATE = key(
            "Cluster",
            "cluster-slot-migration-max-rate",
            Types.memory(0, LONG),
            0L,
            RUNTIME,
            "Bytes per second that a primary sends of slots that it migrates as a whole; 0 for no bound.");
    public static final Key<Long> CLUSTER_SLOT_MIGRATION_HANDOFF_MAX_LAG_BYTES = key(
            "Cluster",
            "cluster-slot-migration-handoff-max-lag-bytes",
            Types.memory(1, LONG),
            MB,
            RUNTIME,
            "Slots that are migrated as a whole are frozen once no more than this is on its way to their new shard: less"
                    + " makes the pause shorter, and may never be reached under many writes.");
    public static final Key<Long> CLUSTER_SLOT_MIGRATION_WRITE_PAUSE_TIMEOUT = key(
            "Cluster",
            "cluster-slot-migration-write-pause-timeout",
            Types.number(100, Integer.MAX_VALUE),
            10_000L,
            RUNTIME,
            "Milliseconds that slots may be frozen for their change of owner. A primary that waits longer has the meta"
                    + " group void the attempt, serves the slots again and begins anew; by itself it never does.");
    public static final Key<Long> CLUSTER_SNAPSHOT_LOG_SIZE = key(
            "Cluster",
            "cluster-snapshot-log-size",
            Types.memory(MB, LONG),
            256 * MB,
            RUNTIME,
            "Take a snapshot and purge when a Raft log grew by this.");
    public static final Key<Long> CLUSTER_SNAPSHOT_LOG_ENTRIES = key(
            "Cluster",
            "cluster-snapshot-log-entries",
            Types.number(1, Integer.MAX_VALUE),
            5_000L,
            RUNTIME,
            "Take a snapshot, too, when a Raft log grew by this many entries, which a start would have to apply (up to half"
                    + " more, so that not all replicas write at once), and by at least as many bytes as the last snapshot"
                    + " has; not more often than every 30 seconds.");
    public static final Key<String> CLUSTER_PEER_SECRET = key(
            "Cluster",
            "cluster-peer-secret",
            Types.text(),
            "",
            START,
            "Secret shared by all nodes; without it or TLS peer ports listen on loopback only. It is never sent: both"
                    + " sides of a connection prove that they know it before anything else is read.");
    public static final Key<String> CLUSTER_TLS_CERT_FILE = key(
            "Cluster",
            "cluster-tls-cert-file",
            Types.text(),
            "",
            START,
            "Certificate chain (PEM) that a node shows to its peers: set with the next two, the gossip and Raft ports speak"
                    + " TLS and ask the other side for a certificate of cluster-tls-ca-cert-file, whichever side connects."
                    + " Files that change are read again within seconds, for connections made from then on.");
    public static final Key<String> CLUSTER_TLS_KEY_FILE =
            key("Cluster", "cluster-tls-key-file", Types.text(), "", START, "Its key (PEM, PKCS 8, not encrypted).");
    public static final Key<String> CLUSTER_TLS_CA_CERT_FILE = key(
            "Cluster",
            "cluster-tls-ca-cert-file",
            Types.text(),
            "",
            START,
            "Certificates (PEM) of who may issue those of peers. Issue nothing else with them: a certificate of theirs is"
                    + " all that it takes to be a peer where there is no cluster-peer-secret.");
    public static final Key<String> FAILURE_DOMAIN = key(
            "Cluster",
            "failure-domain",
            Types.text(),
            "",
            START,
            "What fails together; empty is the process. No two voters of a group share one.");

    private static <T> Key<T> key(
            String group, String name, Type<T> type, T defaultValue, Key.Change change, String doc) {
        return key(group, name, null, type, defaultValue, change, doc);
    }

    private static <T> Key<T> key(
            String group,
            String name,
            @Nullable String alias,
            Type<T> type,
            T defaultValue,
            Key.Change change,
            String doc) {
        Key<T> key = new Key<>(group, name, alias, type, defaultValue, change, doc, false, null);
        ALL.add(key);
        return key;
    }

    /** All keys in the order above. */
    public static List<Key<?>> all() {
        return Collections.unmodifiableList(ALL);
    }
}

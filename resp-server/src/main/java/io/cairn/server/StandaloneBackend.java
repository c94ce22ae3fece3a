package io.cairn.server;

import io.cairn.aof.LogStats;
import io.cairn.command.Command;
import io.cairn.command.Persistence;
import io.cairn.command.Replication;
import io.cairn.command.RoleChange;
import io.cairn.command.Scripts;
import io.cairn.command.ServerState;
import io.cairn.config.Config;
import io.cairn.config.Keys;
import io.cairn.config.Primary;
import io.cairn.keyspace.DataLimits;
import io.cairn.mode.ChangeStream;
import io.cairn.mode.ChangeStream.Position;
import io.cairn.mode.Journal;
import io.cairn.mode.Mode;
import io.cairn.mode.RecordClock;
import io.cairn.mode.ReplicationRole;
import io.cairn.mode.SlotGuard;
import io.cairn.mode.StandaloneMode;
import io.cairn.replica.Following;
import io.cairn.replica.ReplicaRole;
import io.cairn.script.ScriptThread;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A standalone node: its mode, its persistence, its expiry cycle, its part in replication. */
class StandaloneBackend implements NodeBackend {
    private final RecordClock clock = new RecordClock();
    private final StandaloneMode mode;
    private final StandalonePersistence persistence;
    private final ActiveExpiry expiry;
    private final ScriptThread scripts;
    private final ReplicaRole role;
    private final Config config;

    StandaloneBackend(NodeParts parts) {
        this.config = parts.config();
        this.mode = new StandaloneMode(
                parts.keyspace(),
                parts.commands(),
                parts.stats(),
                parts.events(),
                parts.blocked(),
                clock,
                Journal.NONE,
                parts.memory());
        this.persistence = new StandalonePersistence(parts, mode, clock);
        this.expiry = new ActiveExpiry(parts, mode, clock);
        ChangeStream changes = parts.changes();
        changes.snapshots(persistence::beginFollower, persistence::endFollower);
        mode.stream(changes);
        persistence.stream(changes);
        this.role = new ReplicaRole(new ReplicaRole.Parts(
                config,
                mode,
                changes,
                new Data(parts),
                parts.hub(),
                parts.blocked(),
                parts.keyspace().databases(),
                parts.directory().path(),
                parts.connections()::holdWrites));
        parts.connections().primary(role::client);
        mode.paused(() -> parts.connections().pausedUntilMillis() != 0);
        followConfig();
        this.scripts = new ScriptThread(
                args -> parts.commands().find(args) >= 0,
                () -> parts.config().get(Keys.SCRIPT_MEMORY_LIMIT),
                () -> parts.config().get(Keys.BUSY_REPLY_THRESHOLD));
        scripts.libraries(parts.keyspace().libraries());
        mode.scripts(scripts, parts.failure()::fatal);
    }

    private void followConfig() {
        mode.minReplicas(config.get(Keys.MIN_REPLICAS_TO_WRITE));
        config.onChange(Keys.MIN_REPLICAS_TO_WRITE, mode::minReplicas);
        mode.maxLagSeconds(config.get(Keys.MIN_REPLICAS_MAX_LAG));
        config.onChange(Keys.MIN_REPLICAS_MAX_LAG, mode::maxLagSeconds);
        mode.replicaReadOnly(config.get(Keys.REPLICA_READ_ONLY));
        config.onChange(Keys.REPLICA_READ_ONLY, mode::replicaReadOnly);
        mode.replicaIgnoresMax(config.get(Keys.REPLICA_IGNORE_MAXMEMORY));
        config.onChange(Keys.REPLICA_IGNORE_MAXMEMORY, mode::replicaIgnoresMax);
    }

    /** The node as its link to a primary sees it. */
    private final class Data implements Following {
        private final NodeParts parts;

        Data(NodeParts parts) {
            this.parts = parts;
        }

        @Override
        public int replaceData(ReadableByteChannel file, Position position, BooleanSupplier current)
                throws IOException {
            return persistence.replaceData(file, position, current);
        }

        @Override
        public boolean isEmpty() {
            for (int i = 0; i < parts.keyspace().databases(); i++) {
                if (parts.keyspace().database(i).size() > 0) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public long logIndex() {
            return persistence.logIndex();
        }

        @Override
        public long syncedIndex() {
            return persistence.syncedIndex();
        }

        @Override
        public boolean isLogging() {
            return config.get(Keys.APPENDONLY);
        }

        @Override
        public void fatal(String doing, Throwable cause) {
            parts.failure().fatal(doing, cause);
        }
    }

    @Override
    public Mode mode() {
        return mode;
    }

    @Override
    public Persistence persistence() {
        return persistence;
    }

    /** Counters of the log, zeros without one. */
    LogStats logStats() {
        return persistence.logStats();
    }

    @Override
    public Replication replication() {
        return () -> role.view(clock.readTime());
    }

    @Override
    public boolean changeReplicationId() {
        mode.renameHistory();
        return true;
    }

    @Override
    public ReplicationRole replicationRole() {
        return role;
    }

    @Override
    public @Nullable RoleChange roleChange() {
        if (config.get(Keys.CLUSTER_ENABLED)) {
            return null;
        }
        return new RoleChange() {
            @Override
            public boolean follow(String host, int port) {
                return role.becomeReplica(host, port, null);
            }

            @Override
            public boolean lead() {
                return role.becomePrimary();
            }

            @Override
            public @Nullable String failOver(@Nullable String host, int port, long timeoutMillis, boolean force) {
                return role.failOver(host, port, timeoutMillis, force);
            }

            @Override
            public boolean abortFailover() {
                return role.abortFailover();
            }

            @Override
            public String failoverState() {
                return role.failoverState();
            }

            @Override
            public @Nullable String promote(String id) {
                return role.promote(id);
            }
        };
    }

    @Override
    public @Nullable String refusal(Command command) {
        return role.refusal(command);
    }

    @Override
    public String role() {
        return role.isReplica() ? "replica" : "master";
    }

    @Override
    public Scripts scripts() {
        return scripts;
    }

    @Override
    public void limits(DataLimits limits) {
        mode.limits(limits);
    }

    @Override
    public void started(ServerState server) {
        mode.started(server);
    }

    @Override
    public void load() throws StartException {
        Primary primary = config.get(Keys.REPLICAOF);
        load(!primary.isNone());
        if (!primary.isNone()) {
            // Before anybody can write.
            role.becomeReplica(primary.host(), primary.port(), null);
        }
    }

    /** @param replica the data is that of a replica, which may go on where it was */
    final void load(boolean replica) throws StartException {
        persistence.load(replica);
    }

    /** The data path of this kind. */
    final StandaloneMode standalone() {
        return mode;
    }

    final StandalonePersistence standalonePersistence() {
        return persistence;
    }

    final RecordClock clock() {
        return clock;
    }

    final ReplicaRole replicaRole() {
        return role;
    }

    /** Whether another node makes the changes. */
    final boolean follows() {
        return mode.isReplica();
    }

    /** The node is one of a cluster, and takes what this lets it take. */
    final void guard(SlotGuard slots) {
        mode.guard(slots);
    }

    @Override
    public void bindMetrics(MeterRegistry registry, Tags tags) {
        persistence.bindMetrics(registry, tags);
    }

    @Override
    public void tick(long nowMillis) {
        if (mode.isReplica()) {
            mode.expireOwn();
        } else {
            expiry.tick();
        }
        mode.tick();
        role.tick(nowMillis);
        persistence.tick(nowMillis);
    }

    @Override
    public @Nullable String prepareStop(ServerState.Shutdown how) {
        return persistence.prepareStop(how);
    }

    @Override
    public void close() {
        role.close();
        persistence.close();
    }
}

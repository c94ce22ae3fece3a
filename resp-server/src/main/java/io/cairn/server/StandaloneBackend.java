package io.cairn.server;

import io.cairn.aof.LogStats;
import io.cairn.command.Persistence;
import io.cairn.command.Replication;
import io.cairn.command.Scripts;
import io.cairn.command.ServerState;
import io.cairn.config.Keys;
import io.cairn.keyspace.DataLimits;
import io.cairn.mode.ChangeStream;
import io.cairn.mode.Journal;
import io.cairn.mode.Mode;
import io.cairn.mode.RecordClock;
import io.cairn.mode.StandaloneMode;
import io.cairn.script.ScriptThread;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import org.jspecify.annotations.Nullable;

/** A standalone node: its mode, its persistence, its expiry cycle. */
final class StandaloneBackend implements NodeBackend {
    private final RecordClock clock = new RecordClock();
    private final StandaloneMode mode;
    private final StandalonePersistence persistence;
    private final ActiveExpiry expiry;
    private final ScriptThread scripts;
    private final Replication alone = Replication.alone(NodeDirectory.newId());
    private volatile @Nullable ChangeStream changes;

    StandaloneBackend(NodeParts parts) {
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
        mode.minReplicas(parts.config().get(Keys.MIN_REPLICAS_TO_WRITE));
        parts.config().onChange(Keys.MIN_REPLICAS_TO_WRITE, mode::minReplicas);
        mode.maxLagSeconds(parts.config().get(Keys.MIN_REPLICAS_MAX_LAG));
        parts.config().onChange(Keys.MIN_REPLICAS_MAX_LAG, mode::maxLagSeconds);
        this.scripts = new ScriptThread(
                args -> parts.commands().find(args) >= 0,
                () -> parts.config().get(Keys.SCRIPT_MEMORY_LIMIT),
                () -> parts.config().get(Keys.BUSY_REPLY_THRESHOLD));
        scripts.libraries(parts.keyspace().libraries());
        mode.scripts(scripts, parts.failure()::fatal);
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
        ChangeStream stream = changes;
        return stream == null ? alone : () -> stream.view(clock.readTime());
    }

    @Override
    public boolean changeReplicationId() {
        ChangeStream stream = changes;
        if (stream != null) {
            stream.rename(NodeDirectory.newId());
        }
        return stream != null;
    }

    @Override
    public String role() {
        return "master";
    }

    @Override
    public Scripts scripts() {
        return scripts;
    }

    @Override
    public void follow(ChangeStream stream) {
        stream.snapshots(persistence::beginFollower, persistence::endFollower);
        mode.stream(stream);
        changes = stream;
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
        persistence.load();
    }

    @Override
    public void bindMetrics(MeterRegistry registry, Tags tags) {
        persistence.bindMetrics(registry, tags);
    }

    @Override
    public void tick(long nowMillis) {
        expiry.tick();
        mode.tick();
        persistence.tick(nowMillis);
    }

    @Override
    public @Nullable String prepareStop(ServerState.Shutdown how) {
        return persistence.prepareStop(how);
    }

    @Override
    public void close() {
        persistence.close();
    }
}

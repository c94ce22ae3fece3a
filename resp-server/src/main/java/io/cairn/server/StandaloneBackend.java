package io.cairn.server;

import io.cairn.aof.LogStats;
import io.cairn.command.Persistence;
import io.cairn.command.Replication;
import io.cairn.command.Scripts;
import io.cairn.command.ServerState;
import io.cairn.config.Keys;
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
    private Replication replication = Replication.alone(NodeDirectory.newId());

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
        return replication;
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
    public void follow(ChangeStream changes) {
        changes.snapshots(persistence::beginFollower, persistence::endFollower);
        mode.stream(changes);
        replication = () -> changes.view(clock.readTime());
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

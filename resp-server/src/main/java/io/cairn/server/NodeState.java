package io.cairn.server;

import io.cairn.acl.Acl;
import io.cairn.acl.SharedUsers;
import io.cairn.command.Clients;
import io.cairn.command.ClusterSettings;
import io.cairn.command.Command;
import io.cairn.command.CommandTable;
import io.cairn.command.Followers;
import io.cairn.command.LatencyEvents;
import io.cairn.command.Migrations;
import io.cairn.command.Persistence;
import io.cairn.command.PubSub;
import io.cairn.command.RoleChange;
import io.cairn.command.Scripts;
import io.cairn.command.ServerState;
import io.cairn.command.SlowLog;
import io.cairn.command.Stats;
import io.cairn.config.Config;
import io.cairn.config.Keys;
import io.cairn.keyspace.Keyspace;
import io.cairn.migrate.MigrationThreads;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** A node as its session commands see it. */
final class NodeState implements ServerState {
    private final Node node;
    private final CairnProcess process;
    private final CommandTable commands;
    private final SlowLog slowLog = new SlowLog();
    private final LatencyEvents latency = new LatencyEvents();
    private final Identity identity;
    private final Migrations migrations;

    NodeState(Node node, CairnProcess process, String redisMode, CommandTable commands) {
        this.node = node;
        this.process = process;
        this.commands = commands;
        this.migrations = new MigrationThreads(node.backend().mode().movingKeys());
        Config config = node.config();
        Path file = config.file();
        String host = config.get(Keys.BIND).get(0);
        this.identity = new Identity(
                node.directory().nodeId(),
                NodeDirectory.newId(),
                redisMode,
                host.startsWith("-") ? host.substring(1) : host,
                config.port(),
                System.currentTimeMillis(),
                System.getenv().getOrDefault("CAIRN_LAUNCHER", "cairn"),
                file == null ? "" : file.toString());
    }

    @Override
    public void reset() throws IOException {
        node.directory().markReset();
        process.renew(node);
    }

    @Override
    public CommandTable commands() {
        return commands;
    }

    @Override
    public Keyspace keyspace() {
        return node.keyspace();
    }

    @Override
    public Config config() {
        return node.config();
    }

    @Override
    public Clients clients() {
        return node.connections();
    }

    @Override
    public Stats stats() {
        return node.stats();
    }

    @Override
    public PubSub pubSub() {
        return node.hub();
    }

    @Override
    public Followers followers() {
        return node.changes();
    }

    @Override
    public Persistence persistence() {
        return node.backend().persistence();
    }

    @Override
    public @Nullable String refusal(Command command) {
        return node.backend().refusal(command);
    }

    @Override
    public @Nullable RoleChange roleChange() {
        return node.backend().roleChange();
    }

    @Override
    public boolean changeReplicationId() {
        return node.backend().changeReplicationId();
    }

    @Override
    public @Nullable ClusterSettings clusterSettings() {
        return node.backend().clusterSettings();
    }

    @Override
    public Migrations migrations() {
        return migrations;
    }

    @Override
    public long evictionExceededMillis() {
        return node.memory().exceededMillis();
    }

    @Override
    public long evictionExceededNowMillis() {
        return node.memory().exceededNowMillis();
    }

    @Override
    public Scripts scripts() {
        return node.backend().scripts();
    }

    @Override
    public SlowLog slowLog() {
        return slowLog;
    }

    @Override
    public LatencyEvents latency() {
        return latency;
    }

    @Override
    public Identity identity() {
        return identity;
    }

    @Override
    public String role() {
        return node.backend().role();
    }

    @Override
    public long micros() {
        return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    }

    @Override
    public @Nullable SharedUsers sharedUsers() {
        return node.backend().sharedUsers();
    }

    @Override
    public Acl acl() {
        return node.acl();
    }

    @Override
    public @Nullable String shutdown(Shutdown how, boolean now) {
        return process.shutdown(how, now);
    }

    @Override
    public boolean abortShutdown() {
        return process.abortShutdown();
    }
}

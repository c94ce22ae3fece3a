package io.cairn.replica;

import io.cairn.command.Command;
import io.cairn.command.Flag;
import io.cairn.command.PubSub;
import io.cairn.command.Replication;
import io.cairn.config.Config;
import io.cairn.config.Keys;
import io.cairn.config.Primary;
import io.cairn.mode.BlockedKeys;
import io.cairn.mode.ChangeStream;
import io.cairn.mode.Refusal;
import io.cairn.mode.ReplicationRole;
import io.cairn.mode.StandaloneMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Primary, or replica by a {@link ReplicaLink}. Changes of the role are serialized by the lock of this, which is taken before the stripes' locks; the mode
 * decides under those what is applied and written.
 */
public final class ReplicaRole implements ReplicationRole {
    private static final Logger LOG = LoggerFactory.getLogger(ReplicaRole.class);

    /**
     * What it is made of.
     *
     * @param directory for the file of a primary's data
     * @param databases of the node
     * @param holdWrites holds what clients send that may write, or lets it go on
     */
    public record Parts(
            Config config,
            StandaloneMode mode,
            ChangeStream stream,
            Following node,
            PubSub hub,
            BlockedKeys blocked,
            int databases,
            Path directory,
            Consumer<Boolean> holdWrites) {}

    private final Parts parts;
    private final Failover failover;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private volatile @Nullable ReplicaLink link;
    private volatile @Nullable String label;
    private volatile boolean closed;

    public ReplicaRole(Parts parts) {
        this.parts = parts;
        this.failover = new Failover(this, parts.stream(), parts.holdWrites());
        parts.stream().onBroken(this::fetchAll);
    }

    private void fetchAll() {
        ReplicaLink current = link;
        if (current != null) {
            current.fetchAll();
        }
    }

    // ---- changes

    @Override
    public void follow(String host, int port, @Nullable String as) {
        if (!becomeReplica(host, port, as)) {
            label = as;
        }
    }

    /** False when the node follows that address already. */
    public boolean becomeReplica(String host, int port, @Nullable String as) {
        return becomeReplica(host, port, as, () -> true);
    }

    /** As the other; false, too, when the condition does not hold once all keys are locked. */
    boolean becomeReplica(String host, int port, @Nullable String as, BooleanSupplier condition) {
        synchronized (this) {
            ReplicaLink old = link;
            if (closed || (old != null && old.host.equalsIgnoreCase(host) && old.port == port)) {
                return false;
            }
            // First this, which may throw: then nothing has changed.
            long following = parts.mode().follow(condition);
            if (following == StandaloneMode.REFUSED) {
                return false;
            }
            if (old != null) {
                old.stop();
            }
            ReplicaLink fresh = new ReplicaLink(
                    host,
                    port,
                    parts.config(),
                    parts.stream(),
                    parts.mode().feed(following),
                    parts.node(),
                    parts.hub(),
                    parts.databases(),
                    parts.directory(),
                    failover,
                    this::linkChanged);
            label = as;
            link = fresh;
            note(new Primary(host, port));
            endWaiting();
            fresh.start();
        }
        LOG.info("port {}: this node is a replica of {}:{} now", parts.config().port(), host, port);
        listeners.forEach(Listener::roleChanged);
        return true;
    }

    @Override
    public void lead() {
        becomePrimary();
    }

    /** False when the node is a primary already. */
    public boolean becomePrimary() {
        synchronized (this) {
            ReplicaLink old = link;
            if (old == null) {
                return false;
            }
            parts.mode().lead();
            old.stop();
            link = null;
            label = null;
            note(Primary.NONE);
        }
        LOG.info("port {}: this node is a primary now", parts.config().port());
        listeners.forEach(Listener::roleChanged);
        return true;
    }

    @Override
    public void stopWrites(boolean on) {
        parts.mode().stopWrites(on);
    }

    /** Another part of the node makes the changes, which the mode knows: the link ends, and applies nothing any more. */
    public void release() {
        ReplicaLink old;
        synchronized (this) {
            old = link;
            link = null;
            label = null;
        }
        if (old != null) {
            old.stop();
        }
    }

    // ---- FAILOVER

    /** See {@link Failover#begin}. */
    public @Nullable String failOver(@Nullable String host, int port, long timeoutMillis, boolean force) {
        return failover.begin(host, port, timeoutMillis, force);
    }

    public boolean abortFailover() {
        return failover.abort("Failover manually aborted");
    }

    public String failoverState() {
        return failover.stage().word;
    }

    /** From the node's cron, ten times a second. */
    public void tick(long nowMillis) {
        failover.tick(nowMillis);
    }

    /** The primary wants this node to lead; the error, or null. Redis: syncCommand. */
    public @Nullable String promote(String id) {
        if (!isReplica()) {
            return "ERR PSYNC FAILOVER can't be sent to a master.";
        }
        if (!parts.stream().place().id().equalsIgnoreCase(id)) {
            return "ERR PSYNC FAILOVER replid must match my replid.";
        }
        becomePrimary();
        return null;
    }

    /** CONFIG GET and REWRITE show whom the node follows, unless the process has several. */
    private void note(Primary primary) {
        Config config = parts.config();
        if (config.ports().size() == 1 && !config.get(Keys.CLUSTER_ENABLED)) {
            config.force(Keys.REPLICAOF, primary);
        }
    }

    /** Whoever waited for keys did so under other circumstances. Redis: disconnectAllBlockedClients. */
    private void endWaiting() {
        parts.blocked().leading(false);
        parts.blocked().leading(true);
    }

    private void linkChanged(ReplicaLink of) {
        if (of == link) {
            Link now = shown(of.state());
            listeners.forEach(listener -> listener.linkChanged(now));
        }
    }

    /** Follows nobody any more, before the node closes; nothing is applied once this returns. The role stays as it is to those who ask. */
    public void close() {
        ReplicaLink current;
        synchronized (this) {
            closed = true;
            current = link;
        }
        if (current != null) {
            current.stop();
            current.join();
        }
    }

    // ---- what holds

    @Override
    public void listen(Listener listener) {
        listeners.add(listener);
    }

    private static Link shown(ReplicaLink.State state) {
        return switch (state) {
            case CONNECT -> Link.DOWN;
            case CONNECTING, HANDSHAKE -> Link.HANDSHAKE;
            case SYNC -> Link.SYNCING;
            case CONNECTED -> Link.UP;
        };
    }

    @Override
    public State state() {
        ReplicaLink current = link;
        Replication.View view = parts.stream().view(System.currentTimeMillis(), null);
        Upstream primary = current == null
                ? null
                : new Upstream(
                        current.host,
                        current.port,
                        label,
                        shown(current.state()),
                        current.lastContactMillis(),
                        current.downSinceMillis(),
                        parts.mode().isLoading());
        List<Downstream> replicas = new ArrayList<>();
        for (Replication.Replica replica : view.replicas()) {
            replicas.add(new Downstream(
                    replica.host(),
                    replica.port(),
                    replica.state().equals("online"),
                    replica.offset(),
                    replica.durable(),
                    replica.lagMillis()));
        }
        return new State(primary, view.id(), view.secondId(), view.secondOffset(), view.offset(), replicas);
    }

    /** As INFO and ROLE show it. */
    public Replication.View view(long nowMillis) {
        ReplicaLink current = link;
        if (current == null) {
            return parts.stream().view(nowMillis, null);
        }
        ReplicaLink.State state = current.state();
        boolean up = state == ReplicaLink.State.CONNECTED;
        long heard = current.lastContactMillis();
        long down = current.downSinceMillis();
        Replication.View view = parts.stream().view(nowMillis, null);
        Replication.Primary primary = new Replication.Primary(
                current.host,
                current.port,
                up,
                up && heard > 0 ? Math.max(0, nowMillis - heard) / 1000 : -1,
                state.word,
                view.offset() + current.unappliedBytes(),
                current.transfer(nowMillis),
                down == 0 ? -1 : Math.max(0, nowMillis - down) / 1000);
        return new Replication.View(
                view.id(),
                view.offset(),
                primary,
                view.replicas(),
                view.secondId(),
                view.secondOffset(),
                view.backlog(),
                view.good());
    }

    public boolean isReplica() {
        return link != null;
    }

    /** The error that refuses any command of this kind now, or null. Redis: processCommand. */
    public @Nullable String refusal(Command command) {
        ReplicaLink current = link;
        if (current == null) {
            return null;
        }
        if (current.state() != ReplicaLink.State.CONNECTED
                && !command.is(Flag.STALE)
                && !parts.config().get(Keys.REPLICA_SERVE_STALE_DATA)) {
            return Refusal.PRIMARY_DOWN;
        }
        return parts.mode().isLoading() && !command.is(Flag.LOADING) ? Refusal.LOADING : null;
    }

    /**
     * The primary as CLIENT LIST shows it; null while there is no link.
     *
     * @param ids the next id of a client
     */
    public @Nullable PrimaryClient client(LongSupplier ids) {
        ReplicaLink current = link;
        LinkChannel channel = current == null ? null : current.channel();
        return current == null || channel == null ? null : new PrimaryClient(channel.id(ids), current, channel);
    }
}

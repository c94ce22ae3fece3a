package io.cairn.replica;

import io.cairn.mode.ChangeStream;
import io.cairn.mode.ReplicationRole.Downstream;
import io.cairn.mode.ReplicationRole.State;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * FAILOVER: a primary holds writes until a replica has all of them, becomes its replica, and has it become the primary by PSYNC ... FAILOVER. Without a
 * timeout it waits until {@link #abort}. Any thread; its lock is taken before the role's. Redis: failoverCommand, updateFailoverStatus.
 */
final class Failover implements ReplicaLink.Promotion {
    /** How far it is; INFO's words. */
    enum Stage {
        NONE("no-failover"),
        /** Writes are held until a replica has all of them. */
        WAITING("waiting-for-sync"),
        /** This node follows the replica and asks it to lead. */
        IN_PROGRESS("failover-in-progress");

        final String word;

        Stage(String word) {
            this.word = word;
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(Failover.class);

    private final ReplicaRole role;
    private final ChangeStream stream;
    private final Consumer<Boolean> holdWrites;
    private volatile Stage stage = Stage.NONE;

    // Guarded by this.
    private @Nullable String host;
    private int port;
    private boolean force;
    private long endMillis;

    /** @param holdWrites holds what clients send that may write, or lets it go on */
    Failover(ReplicaRole role, ChangeStream stream, Consumer<Boolean> holdWrites) {
        this.role = role;
        this.stream = stream;
        this.holdWrites = holdWrites;
    }

    Stage stage() {
        return stage;
    }

    /**
     * Begins.
     *
     * @param to the replica's host, null for any replica
     * @param timeoutMillis 0 for none
     * @param byForce when the time is over, it goes on all the same: writes that the replica lacks are lost
     * @return the error, or null
     */
    synchronized @Nullable String begin(@Nullable String to, int toPort, long timeoutMillis, boolean byForce) {
        if (stage != Stage.NONE) {
            return "ERR FAILOVER already in progress.";
        }
        State now = role.state();
        if (!now.isPrimary()) {
            return "ERR FAILOVER is not valid when server is a replica.";
        }
        if (now.replicas().isEmpty()) {
            return "ERR FAILOVER requires connected replicas.";
        }
        if (byForce && (timeoutMillis == 0 || to == null)) {
            return "ERR FAILOVER with force option requires both a timeout and target HOST and IP.";
        }
        if (to != null) {
            Downstream target = now.replicas().stream()
                    .filter(replica -> replica.host().equals(to) && replica.port() == toPort)
                    .findFirst()
                    .orElse(null);
            if (target == null) {
                return "ERR FAILOVER target HOST and PORT is not a replica.";
            }
            if (!target.online()) {
                return "ERR FAILOVER target replica is not online.";
            }
        }
        LOG.info("FAILOVER requested to {}.", to == null ? "any replica" : to + ":" + toPort);
        host = to;
        port = toPort;
        force = byForce;
        endMillis = timeoutMillis == 0 ? 0 : System.currentTimeMillis() + timeoutMillis;
        stage = Stage.WAITING;
        stream.handsOver(true, timeoutMillis > 0);
        holdWrites.accept(true);
        return null;
    }

    /** FAILOVER ABORT; false when there is none. */
    synchronized boolean abort(String why) {
        if (stage == Stage.NONE) {
            return false;
        }
        LOG.info("FAILOVER to {} aborted: {}", host == null ? "any replica" : host + ":" + port, why);
        if (stage == Stage.IN_PROGRESS) {
            role.becomePrimary();
        }
        end();
        return true;
    }

    private void end() {
        stage = Stage.NONE;
        host = null;
        stream.handsOver(false, false);
        holdWrites.accept(false);
    }

    /** From the node's cron, ten times a second. */
    void tick(long nowMillis) {
        if (stage == Stage.WAITING) {
            look(nowMillis);
        }
    }

    private synchronized void look(long nowMillis) {
        if (stage != Stage.WAITING) {
            return;
        }
        String to = host;
        if (endMillis != 0 && endMillis <= nowMillis) {
            if (force && to != null) {
                LOG.warn("FAILOVER to {}:{} time out exceeded, failing over.", to, port);
                handOver(to, port, true);
            } else {
                abort("Replica never caught up before timeout");
            }
            return;
        }
        State now = role.state();
        for (Downstream replica : now.replicas()) {
            boolean meant = to == null || (replica.host().equals(to) && replica.port() == port);
            if (meant && replica.online() && replica.ackedOffset() == now.offset()) {
                handOver(replica.host(), replica.port(), false);
                return;
            }
        }
    }

    /** With all keys locked it is looked again whether the replica has all: a write may have been under way when they were held. */
    private void handOver(String toHost, int toPort, boolean whateverItHas) {
        String asked = host;
        int askedPort = port;
        host = toHost;
        port = toPort;
        stage = Stage.IN_PROGRESS; // The link asks for it as soon as it starts.
        if (role.becomeReplica(toHost, toPort, null, () -> whateverItHas || stream.hasAll(toHost, toPort))) {
            LOG.info("Failover target {}:{} is synced, failing over.", toHost, toPort);
        } else {
            stage = Stage.WAITING;
            host = asked;
            port = askedPort;
        }
    }

    // ---- the link's thread

    @Override
    public boolean isWanted() {
        return stage == Stage.IN_PROGRESS;
    }

    @Override
    public synchronized void answered(boolean goesOn) {
        if (stage != Stage.IN_PROGRESS) {
            return;
        }
        if (goesOn) {
            end();
        } else {
            abort("Failover target rejected psync request");
        }
    }
}

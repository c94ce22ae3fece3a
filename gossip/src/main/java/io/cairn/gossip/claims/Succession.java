package io.cairn.gossip.claims;

import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a replica takes its primary's place: after a failure, or by CLUSTER FAILOVER. Redis: clusterHandleSlaveFailover,
 * clusterHandleManualFailover.
 */
final class Succession {
    private static final Logger log = LoggerFactory.getLogger(Succession.class);
    /** Before a replica stands: the others hear of the failure, and the replica of those that are as far. Redis waits 500 and up to 500 ms. */
    private static final long DELAY_MILLIS = 100;

    private static final long JITTER_MILLIS = 200;
    /** More for each replica that has more of the data. Redis: 1000. */
    private static final long RANK_MILLIS = 1_000;
    /** Redis: CLUSTER_MF_TIMEOUT. */
    static final long MANUAL_MILLIS = 5_000;
    /** The primary pauses for longer than the replica tries. Redis: CLUSTER_MF_PAUSE_MULT. */
    private static final long PAUSE_MILLIS = 2 * MANUAL_MILLIS;

    private static final long RESEND_MILLIS = 50;

    private final Registry registry;
    private final ClaimSettings settings;
    private final ClaimPorts ports;
    private final Candidate candidate;
    private final Outbox outbox;
    private final Random random;
    private long standsMillis = Long.MIN_VALUE;
    private long manualUntil = Long.MIN_VALUE;
    private boolean forced;
    private long stoppedOffset = -1;
    private long askedMillis = Long.MIN_VALUE;
    private long pausedUntil = Long.MIN_VALUE;

    Succession(
            Registry registry,
            ClaimSettings settings,
            ClaimPorts ports,
            Candidate candidate,
            Outbox outbox,
            Random random) {
        this.registry = registry;
        this.settings = settings;
        this.ports = ports;
        this.candidate = candidate;
        this.outbox = outbox;
        this.random = random;
    }

    /** CLUSTER FAILOVER at a replica: an error line, or null. */
    @Nullable
    String manual(boolean force, long now) {
        Known primary = registry.other(registry.self().primaryId());
        if (registry.self().isPrimary()) {
            return "ERR You should send CLUSTER FAILOVER to a replica";
        }
        if (primary == null) {
            return "ERR I'm a replica but my master is unknown to me";
        }
        if (primary.isDown() && !force) {
            return "ERR Master is down or failed, please use CLUSTER FAILOVER FORCE";
        }
        manualUntil = now + MANUAL_MILLIS;
        forced = force;
        stoppedOffset = -1;
        askedMillis = Long.MIN_VALUE;
        return null;
    }

    /** A replica of this primary takes over. */
    void stopWrites(Known replica, long now) {
        if (replica.claim.primaryId().equals(registry.id()) && registry.self().isPrimary()) {
            if (pausedUntil == Long.MIN_VALUE) {
                log.info("{}: stops writes for {} to take over", registry.id(), replica.claim.id());
            }
            // Each time anew: the replica that asks counts from now.
            pausedUntil = now + PAUSE_MILLIS;
            long offset = ports.stopWrites(PAUSE_MILLIS);
            if (offset >= 0) {
                outbox.to(replica, new Message.Stopped(offset));
            }
        }
    }

    void stopped(String from, long offset) {
        if (from.equals(registry.self().primaryId())) {
            stoppedOffset = offset;
        }
    }

    void tick(long now) {
        if (pausedUntil != Long.MIN_VALUE
                && (now >= pausedUntil || !registry.self().isPrimary())) {
            pausedUntil = Long.MIN_VALUE;
            ports.resumeWrites();
        }
        Known primary = registry.other(registry.self().primaryId());
        if (primary == null || registry.owned(primary.claim.id()).isEmpty()) {
            standsMillis = Long.MIN_VALUE;
            manualUntil = Long.MIN_VALUE;
        } else if (now < manualUntil) {
            manualStep(primary, now);
        } else {
            manualUntil = Long.MIN_VALUE;
            automaticStep(primary, now);
        }
    }

    private void manualStep(Known primary, long now) {
        if (candidate.running() != null) {
            return;
        }
        if (forced || (stoppedOffset >= 0 && ports.offset() >= stoppedOffset)) {
            candidate.stand(Ballot.Kind.MANUAL, registry.owned(primary.claim.id()), now, manualUntil);
        } else if (now - RESEND_MILLIS >= askedMillis) {
            askedMillis = now;
            outbox.to(primary, new Message.StopWrites());
        }
    }

    private void automaticStep(Known primary, long now) {
        boolean due = primary.failed || (primary.claim.empty() && ports.hasData());
        if (!due || registry.self().noFailover() || tooOld(primary)) {
            standsMillis = Long.MIN_VALUE;
        } else if (candidate.running() != null) {
            // Should it be lost, the next one comes after another delay.
            standsMillis = Long.MIN_VALUE;
        } else if (standsMillis == Long.MIN_VALUE) {
            standsMillis = now + DELAY_MILLIS + random.nextInt((int) JITTER_MILLIS) + rank() * RANK_MILLIS;
        } else if (now >= standsMillis) {
            standsMillis = Long.MIN_VALUE;
            candidate.stand(Ballot.Kind.ELECTION, registry.owned(primary.claim.id()), now, Long.MAX_VALUE);
        }
    }

    /** cluster-replica-validity-factor. Of a primary without its data any replica with some is better. */
    private boolean tooOld(Known primary) {
        if (primary.claim.empty() || settings.validityFactor() == 0) {
            return false;
        }
        long age = ports.dataAgeMillis();
        long timeout = settings.nodeTimeoutMillis();
        long beyond = age > timeout ? age - timeout : age;
        return beyond > settings.replicaPingMillis() + timeout * settings.validityFactor();
    }

    /** Living replicas of the same primary that have more of its data. Redis: clusterGetSlaveRank. */
    private long rank() {
        long mine = ports.offset();
        return registry.replicasOf(registry.self().primaryId()).stream()
                .filter(other -> !other.isDown() && !other.claim.noFailover() && other.offset > mine)
                .count();
    }
}

package io.cairn.gossip.claims;

import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who has failed. A node is suspected when nothing has spoken for it for the node timeout: an answer to a ping where this node pings it
 * all the time (voters each other, a shard's members each other), else SWIM. It has failed when a majority of the voters suspects it.
 * Redis: markNodeAsFailingIfNeeded.
 */
final class Failures {
    private static final Logger log = LoggerFactory.getLogger(Failures.class);
    /** A report counts so many node timeouts long. Redis: CLUSTER_FAIL_REPORT_VALIDITY_MULT. */
    private static final int REPORT_TIMEOUTS = 2;
    /** A failed primary that answers again keeps its failure so many timeouts, for its replicas to act. Redis: CLUSTER_FAIL_UNDO_TIME_MULT. */
    private static final int UNDO_TIMEOUTS = 2;

    /** How long the only primary waits after its start for others to say that it has a successor. Redis: CLUSTER_WRITABLE_DELAY. */
    private static final long ALONE_MILLIS = 2_000;

    private final Registry registry;
    private final ClaimSettings settings;
    private final Outbox outbox;
    private final long startedMillis;

    Failures(Registry registry, ClaimSettings settings, Outbox outbox, long nowMillis) {
        this.startedMillis = nowMillis;
        this.registry = registry;
        this.settings = settings;
        this.outbox = outbox;
    }

    /** Whether this node pings that one all the time. */
    boolean isClose(Known other) {
        Claim self = registry.self();
        Claim claim = other.claim;
        Set<String> voters = registry.voters();
        return (voters.contains(self.id()) && voters.contains(claim.id()))
                || claim.id().equals(self.primaryId())
                || claim.primaryId().equals(self.id())
                || (!self.isPrimary() && claim.primaryId().equals(self.primaryId()));
    }

    void look(long now) {
        long timeout = settings.nodeTimeoutMillis();
        for (Known other : registry.others()) {
            if (other.swimAlive && !isClose(other)) {
                other.heardMillis = now;
            }
            boolean suspected = other.silentMillis(now) >= timeout;
            boolean flips = suspected != other.suspected;
            other.suspected = suspected;
            if (registry.isVoter() && (flips || (suspected && now - other.reportedMillis >= timeout / 2))) {
                other.reportedMillis = now;
                report(other, suspected);
            }
            other.reports.values().removeIf(at -> now - at > REPORT_TIMEOUTS * timeout);
            if (suspected && !other.failed && reports(other) >= registry.quorum()) {
                fail(other, now);
                outbox.toAll(new Message.Failed(other.claim.id()));
            } else if (other.failed && !suspected) {
                undo(other, now, timeout);
            }
        }
    }

    private void report(Known other, boolean suspected) {
        Message report = new Message.Report(other.claim.id(), suspected);
        boolean speaks = suspected && other.failed && isFirstVoter();
        for (Known to : registry.others()) {
            boolean concerned = registry.voters().contains(to.claim.id())
                    || to.claim.primaryId().equals(other.claim.id());
            if (concerned && to != other) {
                outbox.to(to, report);
            } else if (speaks && to != other) {
                // Who gets no reports may have missed the word, or have heard it before it suspected the node itself.
                outbox.to(to, new Message.Failed(other.claim.id()));
            }
        }
    }

    /** One of the living voters is enough to repeat what all know. */
    private boolean isFirstVoter() {
        return registry.others().stream()
                .noneMatch(other -> !other.isDown()
                        && registry.voters().contains(other.claim.id())
                        && other.claim.id().compareTo(registry.id()) < 0);
    }

    /** Voters that suspect the node, this one too. */
    int reports(Known other) {
        int count = registry.isVoter() && other.suspected ? 1 : 0;
        for (String voter : other.reports.keySet()) {
            count += registry.voters().contains(voter) ? 1 : 0;
        }
        return count;
    }

    void fail(Known other, long now) {
        if (!other.failed) {
            other.failed = true;
            other.failedMillis = now;
            log.warn("{}: {} has failed", registry.id(), other.claim.id());
        }
    }

    /** Redis: clearNodeFailureIfNeeded. */
    private void undo(Known other, long now, long timeout) {
        boolean served = !registry.owned(other.claim.id()).isEmpty();
        if (!served || now - other.failedMillis > UNDO_TIMEOUTS * timeout) {
            other.failed = false;
            log.info("{}: {} is back", registry.id(), other.claim.id());
        }
    }

    /** Whether slots of this owner have somebody to answer for them. */
    boolean hasFailed(String id) {
        Known other = registry.other(id);
        return other != null ? other.failed : !id.equals(registry.id());
    }

    /** Until when a majority is known to have heard this primary's word, and so does not let another take its place. */
    long leaseUntil(long now) {
        int needed = registry.quorum() - (registry.isVoter() ? 1 : 0);
        if (needed <= 0) {
            boolean early =
                    now - startedMillis < ALONE_MILLIS && !registry.others().isEmpty();
            return early ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
        long[] answers = registry.others().stream()
                .filter(other -> registry.voters().contains(other.claim.id()))
                .mapToLong(other -> other.supportsUntil)
                .sorted()
                .toArray();
        return answers.length < needed ? Long.MIN_VALUE : answers[answers.length - needed];
    }

    /** A voter answered a ping. The promise counts from the sending, and never beyond this node's own timeout. */
    void supported(Known by, Message.Ping answer, long now) {
        by.leaseMillis = answer.leaseMillis();
        // An answer to a ping of another life tells another clock's time.
        if (answer.sentMillis() >= startedMillis && answer.sentMillis() <= now) {
            long lease = Math.min(answer.leaseMillis(), settings.nodeTimeoutMillis());
            long until = lease == 0 ? Long.MIN_VALUE : answer.sentMillis() + lease;
            by.supportsUntil = Math.max(by.supportsUntil, until);
        }
    }

    /** For how long from now this node lets nobody take a primary's place, which it remembers. */
    long promise(Known to, boolean supports, long now) {
        long lease = supports ? settings.nodeTimeoutMillis() : 0;
        to.promisedUntil = Math.max(to.promisedUntil, now + lease);
        return lease;
    }

    boolean seesMajority() {
        int seen = registry.isVoter() ? 1 : 0;
        for (Known other : registry.others()) {
            seen += registry.voters().contains(other.claim.id()) && !other.isDown() ? 1 : 0;
        }
        return seen >= registry.quorum();
    }
}

package io.cairn.raft.group;

import com.alipay.sofa.jraft.rpc.RpcRequests.RequestVoteResponse;
import com.google.protobuf.Message;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lease reads of one group (SAFETY 1). The library's own lease binds pre-votes only, so this one is made of explicit
 * promises: a leader that is told to use leases asks every voter, several times per grant, to vote for nobody else for
 * one <em>grant</em>. Who has promised refuses votes and pre-votes, sends none of its own, and lets hints wait until the
 * grant is over by its own monotonic clock, counted from the moment of the promise. The leader holds a <em>lease</em>
 * while a majority's promises are younger than {@link #LEASE_PERCENT} of a grant by the leader's monotonic clock, counted
 * from the moment it asked; the rest is for clocks that do not run alike. A promise does not survive a restart, so the
 * first one is marked on disk before it is given, and a replica that finds the mark keeps quiet for the longest grant
 * there is. Whether a replica promises does not depend on its own settings: nodes with different ones are safe together.
 *
 * <p>A leader that hands over renounces: it serves no lease read for the rest of its term and releases the voters.
 */
final class Leases {
    private static final Logger LOG = LoggerFactory.getLogger(Leases.class);

    /** No grant is longer; what a restarted replica keeps quiet for. */
    static final int MAX_GRANT_MILLIS = 1_000;

    static final int LEASE_PERCENT = 80;
    static final int RENEWALS_PER_GRANT = 5;

    private static final String MARK = "lease-grants";
    private static final byte[] YES = {1};
    private static final byte[] NO = {0};

    private final HostedGroup group;
    private final int grantMillis;
    private final Path directory;
    private final Path mark;
    /** Held while a vote is considered, so that no promise is given in the middle of one. */
    private final ReentrantLock voting = new ReentrantLock();

    // What this replica has promised.
    private volatile boolean marked;
    private final AtomicLong grantedTerm = new AtomicLong();
    private volatile long grantEndNanos;
    private volatile long quietEndNanos;

    // What this leader was promised.
    private final Map<String, Promise> promises = new ConcurrentHashMap<>();
    private volatile boolean wanted;
    private volatile long renouncedTerm;
    private volatile long askedNanos;

    private record Promise(long term, long askedNanos) {}

    Leases(HostedGroup group, GroupOptions options) {
        long now = System.nanoTime();
        this.group = group;
        this.grantMillis = Math.min(MAX_GRANT_MILLIS, options.electionTimeoutMillis());
        this.directory = options.directory();
        this.mark = directory.resolve(MARK);
        this.marked = Files.exists(mark);
        this.quietEndNanos = marked ? now + TimeUnit.MILLISECONDS.toNanos(MAX_GRANT_MILLIS) : now;
        this.grantEndNanos = now;
        this.askedNanos = now - TimeUnit.MILLISECONDS.toNanos(grantMillis);
    }

    // ---- a voter's promises

    /** Nanoseconds for which this replica still takes no part in an election; 0 when it may. */
    long withheldNanos() {
        long now = System.nanoTime();
        long granted = grantedTerm.get() == 0 ? 0 : grantEndNanos - now;
        return Math.max(0, Math.max(granted, quietEndNanos - now));
    }

    /** Considers a vote or pre-vote, or refuses it because of a promise. */
    @Nullable
    Message vote(Supplier<@Nullable Message> consider) {
        voting.lock();
        try {
            if (withheldNanos() > 0) {
                return RequestVoteResponse.newBuilder()
                        .setTerm(group.term())
                        .setGranted(false)
                        .build();
            }
            return consider.get();
        } finally {
            voting.unlock();
        }
    }

    /** The leader of {@code term} asks for a promise. */
    private boolean grant(long term, int millis) {
        if (millis < 1 || millis > MAX_GRANT_MILLIS || !voting.tryLock()) {
            return false;
        }
        try {
            if (term != group.term() || !isMarked()) {
                return false;
            }
            long now = System.nanoTime();
            long left = grantedTerm.get() == 0 ? 0 : Math.max(0, grantEndNanos - now);
            grantEndNanos = now + Math.max(left, TimeUnit.MILLISECONDS.toNanos(millis));
            grantedTerm.set(term);
            // This replica's own candidacy raises the term first and looks at the promise then.
            return term == group.term();
        } finally {
            voting.unlock();
        }
    }

    private boolean isMarked() {
        if (!marked) {
            try {
                Files.createFile(mark);
                SnapshotFiles.forceDirectory(directory);
                marked = true;
            } catch (IOException e) {
                LOG.warn("group {}: no lease is granted: {}", group.id(), e.toString());
            }
        }
        return marked;
    }

    /** The leader of {@code term} needs the promise no more. */
    void release(long term) {
        // A promise to the next leader, given meanwhile, stays.
        grantedTerm.compareAndSet(term, 0);
    }

    // ---- a leader's lease

    void want(boolean on) {
        wanted = on;
    }

    boolean isWanted() {
        return wanted;
    }

    /** Asks for promises when it is time to. Called by the host's ticker, on a worker. */
    void renew() {
        long led = wanted ? group.leaderTerm() : 0;
        long now = System.nanoTime();
        if (led == 0
                || led == renouncedTerm
                || now - askedNanos < TimeUnit.MILLISECONDS.toNanos(grantMillis) / (RENEWALS_PER_GRANT + 1)) {
            return;
        }
        askedNanos = now;
        byte[] request = request(group.id(), led, grantMillis);
        for (String voter : group.members().voters()) {
            if (!voter.equals(group.host().nodeId())) {
                group.host().send(voter, RaftHost.LEASE, request).whenComplete((answer, failure) -> {
                    if (failure == null && Arrays.equals(answer, YES)) {
                        promises.merge(
                                voter,
                                new Promise(led, now),
                                (old, made) -> old.term() == made.term() && old.askedNanos() - made.askedNanos() > 0
                                        ? old
                                        : made);
                    }
                });
            }
        }
        promises.keySet().retainAll(group.members().voters());
    }

    /**
     * Whether this replica may answer reads from what it has applied: it leads, by the promises of a majority nobody else
     * can, no membership change is under way (SAFETY 2), and everything it has told others to be committed is applied. Any
     * thread, after the read has come; never blocks.
     */
    boolean holds() {
        if (!wanted) {
            return false;
        }
        long led = group.leaderTerm();
        long changes = group.changes();
        if (led == 0
                || led == renouncedTerm
                || !group.isSettled()
                || group.members().isJoint()) {
            return false;
        }
        // A linearizable read of a replica may have shown what it was told to be committed: that is applied here, too,
        // or
        // this is no lease read.
        if (!group.hasAppliedTold() || !isMajorityBound(led)) {
            return false;
        }
        // Last: a leader that gave its own vote away is none any more.
        return group.leaderTerm() == led && led != renouncedTerm && group.changes() == changes;
    }

    private boolean isMajorityBound(long led) {
        long bound = TimeUnit.MILLISECONDS.toNanos(grantMillis) * LEASE_PERCENT / 100;
        String self = group.host().nodeId();
        int bindings = 0;
        int voters = 0;
        long now = System.nanoTime();
        for (String voter : group.members().voters()) {
            voters++;
            Promise promise = promises.get(voter);
            if (voter.equals(self)
                    || (promise != null && promise.term() == led && now - promise.askedNanos() < bound)) {
                bindings++;
            }
        }
        return bindings > voters / 2;
    }

    /** This leader is about to tell another to campaign. */
    void renounce() {
        long led = group.leaderTerm();
        if (led == 0) {
            return;
        }
        renouncedTerm = led;
        byte[] release = request(group.id(), led, 0);
        for (String voter : promises.keySet()) {
            group.host().send(voter, RaftHost.LEASE, release).whenComplete((answer, failure) -> {
                if (failure != null) {
                    LOG.debug("group {}: {} was not released", group.id(), voter, failure);
                }
            });
        }
        promises.clear();
    }

    // ---- messages

    /** @param millis 0 to release */
    private static byte[] request(String groupId, long term, int millis) {
        byte[] id = groupId.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(Long.BYTES + Integer.BYTES + id.length)
                .putLong(term)
                .putInt(millis)
                .put(id)
                .array();
    }

    /** Answers a leader's request; one that is malformed, or for no group here, is a no. */
    static CompletableFuture<byte[]> serve(RaftHost host, byte[] payload) {
        if (payload.length <= Long.BYTES + Integer.BYTES) {
            return CompletableFuture.completedFuture(NO);
        }
        ByteBuffer in = ByteBuffer.wrap(payload);
        long term = in.getLong();
        int millis = in.getInt();
        HostedGroup group = host.group(new String(payload, in.position(), in.remaining(), StandardCharsets.US_ASCII));
        if (group == null || group.isStopped() || term < 1) {
            return CompletableFuture.completedFuture(NO);
        }
        if (millis == 0) {
            group.leases().release(term);
            return CompletableFuture.completedFuture(YES);
        }
        return CompletableFuture.completedFuture(group.leases().grant(term, millis) ? YES : NO);
    }
}

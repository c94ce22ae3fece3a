package io.cairn.raft.group;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** The proposals between {@code propose} and apply: bounded in number and bytes. */
final class Inflight {
    /** Below the library's ring buffers ({@link NodeSettings#RING_SIZE}), so that those are never the ones to refuse. */
    static final int MAX_ENTRIES = 768;

    static final long MAX_BYTES = 64L << 20;

    private final AtomicInteger entries = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();
    private final Set<ProposalClosure> all = ConcurrentHashMap.newKeySet();

    /** False when a bound is reached; a single proposal may be larger than the byte bound. */
    boolean admit(ProposalClosure proposal) {
        if (entries.incrementAndGet() > MAX_ENTRIES) {
            entries.decrementAndGet();
            return false;
        }
        long now = bytes.addAndGet(proposal.bytes());
        if (now > MAX_BYTES && now > proposal.bytes()) {
            bytes.addAndGet(-proposal.bytes());
            entries.decrementAndGet();
            return false;
        }
        all.add(proposal);
        return true;
    }

    void done(ProposalClosure proposal) {
        if (all.remove(proposal)) {
            bytes.addAndGet(-proposal.bytes());
            entries.decrementAndGet();
        }
    }

    long bytes() {
        return bytes.get();
    }

    boolean isEmpty() {
        return entries.get() == 0;
    }

    /** When the replica has stopped, whatever is left has an unknown outcome. */
    void failAll() {
        for (ProposalClosure proposal : all) {
            proposal.fail();
        }
    }
}

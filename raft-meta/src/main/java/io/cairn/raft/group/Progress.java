package io.cairn.raft.group;

import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/** What a leader knows of its peers from their answers to AppendEntries, by term. Lock-free to read. */
final class Progress {
    private final Map<String, Peer> peers = new ConcurrentHashMap<>();

    /** One peer's answers in the newest term that it answered in. */
    private static final class Peer {
        private long term;
        private long heardNanos;
        private long matchIndex;

        synchronized void heard(long inTerm, long sentNanos) {
            if (enter(inTerm) && sentNanos - heardNanos > 0) {
                heardNanos = sentNanos;
            }
        }

        synchronized void holds(long inTerm, long index) {
            if (enter(inTerm)) {
                matchIndex = Math.max(matchIndex, index);
            }
        }

        private boolean enter(long inTerm) {
            if (inTerm > term) {
                term = inTerm;
                heardNanos = Long.MIN_VALUE / 2;
                matchIndex = 0;
            }
            return inTerm == term;
        }

        synchronized long heardNanos(long inTerm) {
            return term == inTerm ? heardNanos : Long.MIN_VALUE / 2;
        }

        synchronized long matchIndex(long inTerm) {
            return term == inTerm ? matchIndex : 0;
        }
    }

    private Peer peer(String nodeId) {
        Peer peer = peers.get(nodeId);
        return peer != null ? peer : peers.computeIfAbsent(nodeId, k -> new Peer());
    }

    /** The peer answered a request of this term that was sent at {@code sentNanos}. */
    void heard(String nodeId, long term, long sentNanos) {
        peer(nodeId).heard(term, sentNanos);
    }

    void holds(String nodeId, long term, long index) {
        peer(nodeId).holds(term, index);
    }

    /**
     * How long ago, at most, a majority of the voters (self included) still followed this term, in nanoseconds; a huge
     * number when that was never seen.
     */
    long quorumAgeNanos(Collection<String> voters, String self, long term, long nowNanos) {
        long[] ages = new long[voters.size()];
        int n = 0;
        for (String voter : voters) {
            if (voter.equals(self)) {
                ages[n++] = 0;
                continue;
            }
            ages[n++] = ageNanos(voter, term, nowNanos);
        }
        Arrays.sort(ages);
        return ages.length == 0 ? Long.MAX_VALUE : ages[ages.length / 2];
    }

    private long ageNanos(String nodeId, long term, long nowNanos) {
        Peer peer = peers.get(nodeId);
        long heard = peer == null ? Long.MIN_VALUE / 2 : peer.heardNanos(term);
        return heard == Long.MIN_VALUE / 2 ? Long.MAX_VALUE : Math.max(0, nowNanos - heard);
    }

    /** The members, self included, that answered a request of this term sent within the last {@code boundNanos}. */
    Set<String> answering(Collection<String> members, String self, long term, long nowNanos, long boundNanos) {
        Set<String> answering = new TreeSet<>();
        for (String member : members) {
            if (member.equals(self) || ageNanos(member, term, nowNanos) < boundNanos) {
                answering.add(member);
            }
        }
        return answering;
    }

    Map<String, Long> matchIndexes(Collection<String> members, String self, long term) {
        Map<String, Long> matches = new TreeMap<>();
        for (String member : members) {
            Peer peer = peers.get(member);
            if (!member.equals(self)) {
                matches.put(member, peer == null ? 0L : peer.matchIndex(term));
            }
        }
        return matches;
    }

    void keepOnly(Collection<String> members) {
        peers.keySet().retainAll(members);
    }
}

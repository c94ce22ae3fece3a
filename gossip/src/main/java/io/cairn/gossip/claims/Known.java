package io.cairn.gossip.claims;

import java.util.HashMap;
import java.util.Map;

/** Another node, as this one knows it. Times are milliseconds of the caller's clock. */
final class Known {
    Claim claim;
    /** When something last spoke for its life. */
    long heardMillis;
    /** It has said since this node's start whether it has data. */
    boolean saidData;

    long pingedMillis;
    /** Until when it lets nobody take this node's place. */
    long supportsUntil = Long.MIN_VALUE;
    /** What it promised last, 0 for nothing: it is to be pinged more often than that. */
    long leaseMillis;
    /** Until when this node lets nobody take its place. */
    long promisedUntil = Long.MIN_VALUE;

    long offset;
    boolean data;
    boolean swimAlive;
    /** Not heard of for the node timeout. Redis: PFAIL. */
    boolean suspected;

    boolean failed;
    long failedMillis;
    long reportedMillis;
    /** Voters that suspect it, with when they last said so. */
    final Map<String, Long> reports = new HashMap<>();
    /** When, and for whom, this node last voted to take this one's place. */
    long votedMillis = Long.MIN_VALUE;

    String votedFor = "";
    /** It has had replicas: it is to have some again. Redis: CLUSTER_NODE_MIGRATE_TO. */
    boolean hadReplicas;

    long orphanedMillis = Long.MIN_VALUE;

    Known(Claim claim, long nowMillis) {
        this.claim = claim;
        this.heardMillis = nowMillis;
    }

    long silentMillis(long nowMillis) {
        return nowMillis - heardMillis;
    }

    boolean isDown() {
        return failed || suspected;
    }
}

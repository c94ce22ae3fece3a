package io.cairn.gossip;

import io.scalecube.cluster.membership.MemberStatus;

/**
 * Sees every membership record that is sent or received. ScaleCube does not publish suspicion, but it gossips it: what
 * passes here is what its table holds.
 */
@FunctionalInterface
interface StatusTap {
    /** Called on ScaleCube's thread (sent) or the socket thread (received); must not block. */
    void record(String memberId, MemberStatus status, int incarnation);
}

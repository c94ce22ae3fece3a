package io.cairn.gossip.claims;

import java.util.List;
import java.util.Map;

/** What nodes say to each other. Every message is sent at most once and may come twice, late or never. */
public sealed interface Message {
    /**
     * @param sentMillis the sender's clock, which the answer repeats
     * @param data the sender holds keys
     * @param leaseMillis in an answer: for so long after the ping was sent the sender lets nobody take the receiver's place; 0: it has
     *     voted for another, or knows of another owner of its slots
     * @param picture {@link Registry#picture} of the sender
     */
    record Ping(long sentMillis, long offset, boolean data, long picture, boolean answer, long leaseMillis)
            implements Message {}

    /** What the sender knows, by node: claims' versions, stamps of bans. The receiver sends what is newer. */
    record Digest(Map<String, Long> versions, Map<String, Long> stamps, boolean answer) implements Message {}

    record News(List<Claim> claims, List<Ban> bans) implements Message {}

    /**
     * The receiver takes the sender in.
     *
     * @param at the address it is met at
     * @param lifts by CLUSTER MEET: even if it had forgotten the sender. A node that looks for its seeds does not say so.
     */
    record Meet(Claim self, String at, boolean answer, boolean lifts) implements Message {}

    /** A primary with slots has, or no longer has, not heard of a node for the node timeout. */
    record Report(String nodeId, boolean failing) implements Message {}

    /** A majority has not. */
    record Failed(String nodeId) implements Message {}

    record AskVote(Ballot ballot) implements Message {}

    record Vote(long epoch) implements Message {}

    /**
     * @param contested slots that are promised to another candidate
     * @param keys the refusing owner still has keys there
     */
    record Refusal(long epoch, SlotSet contested, boolean keys) implements Message {}

    /** A replica is to take over from its living primary: it stops taking writes and says where it stopped. */
    record StopWrites() implements Message {}

    record Stopped(long offset) implements Message {}
}

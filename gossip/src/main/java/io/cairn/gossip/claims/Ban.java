package io.cairn.gossip.claims;

/**
 * The last word on whether a node is forgotten: FORGET bans it everywhere, for ever; MEET lets it in again.
 *
 * @param stamp of two words on one node the higher stamp counts, and of one stamp the ban
 */
public record Ban(String id, long stamp, boolean banned) {
    boolean beats(Ban other) {
        return stamp != other.stamp ? stamp > other.stamp : banned && !other.banned;
    }
}

package io.cairn.gossip;

/**
 * One member as this node sees it.
 *
 * @param state the newest soft state that arrived, {@link SoftState#EMPTY} before the first
 * @param sinceMillis wall clock of the last change of health
 */
public record Peer(NodeInfo info, Health health, SoftState state, long sinceMillis) {}

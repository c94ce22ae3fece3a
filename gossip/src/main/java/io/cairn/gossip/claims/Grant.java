package io.cairn.gossip.claims;

/** A vote that was given and whose outcome is not known yet; kept over restarts. */
public record Grant(String candidate, Ballot ballot) {}

package io.cairn.raft.group;

/** A test's hand on the network: what it drops is neither sent nor answered, as if the cable were cut. */
@FunctionalInterface
interface LinkFilter {
    LinkFilter OPEN = (from, to) -> false;

    boolean drops(String from, String to);
}

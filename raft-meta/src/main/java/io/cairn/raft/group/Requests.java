package io.cairn.raft.group;

/** Who handles requests that came in over the peer port. */
@FunctionalInterface
interface Requests {
    /** Called on the request's lane; answers through {@code from}, now or later, or not at all. */
    void handle(Inbound from, Frame frame);
}

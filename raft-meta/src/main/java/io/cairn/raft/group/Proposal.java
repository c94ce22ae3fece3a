package io.cairn.raft.group;

/** A local proposal on its way through the log: handed back to the state machine when its entry is applied. */
public interface Proposal {
    /** The entry will not be handed to apply with this proposal. Called once, from any thread. */
    void failed(Failure failure);
}

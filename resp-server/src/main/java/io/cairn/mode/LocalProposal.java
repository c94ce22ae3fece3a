package io.cairn.mode;

import io.cairn.command.Call;
import io.cairn.command.Reply;
import io.cairn.raft.group.Proposal;

/**
 * A proposal of this node that still waits for its entry: the apply thread writes the reply of each of its records and
 * says when the entry is done.
 */
interface LocalProposal extends Proposal {
    /** Where the next record's reply goes; nowhere, unless a client waits for it. On the apply thread. */
    default Reply reply() {
        return DiscardReply.INSTANCE;
    }

    /** As {@link Origin#waits}. On the apply thread, before {@link #recordDone}. */
    default void waits(Call call) {}

    /** The record's reply is complete. On the apply thread. */
    default void recordDone() {}

    /** The record that was just applied was an eviction: whether the key went. On the apply thread, before {@link #recordDone}. */
    default void evicted(boolean gone) {}

    /** Whether its records are evictions. */
    default boolean evicts() {
        return false;
    }

    /** All records are applied. On the apply thread. */
    void applied();
}

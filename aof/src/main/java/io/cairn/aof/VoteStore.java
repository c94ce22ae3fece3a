package io.cairn.aof;

/** Term and vote of one Raft group. Every change is fsynced before the call returns, whatever the fsync policy. */
public interface VoteStore {
    long term();

    /** The candidate voted for in {@link #term()}, empty when none. */
    String votedFor();

    void save(long term, String votedFor) throws LogException;
}

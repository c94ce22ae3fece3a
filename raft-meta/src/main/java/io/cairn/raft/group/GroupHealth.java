package io.cairn.raft.group;

/** What a group's storage tells the group. Called from any thread. */
interface GroupHealth {
    /** The replica cannot go on: it acknowledges nothing more. */
    void broken(Throwable cause);

    /** Whether the last append found no disk space. */
    void diskFull(boolean full);

    /** A term was entered. */
    void term(long term);
}

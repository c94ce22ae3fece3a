package io.cairn.raft.group;

import io.cairn.aof.Log;
import io.cairn.aof.VoteStore;
import java.io.IOException;

/** Opens a group's log and vote. */
interface LogOpener {
    /** Blocks while the log is checked. */
    Log openLog(GroupOptions options) throws IOException;

    VoteStore openVote(GroupOptions options) throws IOException;
}

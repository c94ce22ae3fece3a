package io.cairn.raft.group;

import io.cairn.aof.FileVoteStore;
import io.cairn.aof.Log;
import io.cairn.aof.LogOptions;
import io.cairn.aof.SegmentedLog;
import io.cairn.aof.VoteStore;
import java.io.IOException;

/** Logs and votes in a group's directory: {@code log/} and {@code vote}. */
final class AofLogs implements LogOpener {
    @Override
    public Log openLog(GroupOptions options) throws IOException {
        return SegmentedLog.open(
                options.directory().resolve("log"),
                LogOptions.of(options.groupId(), options.segmentBytes(), options.fsync()));
    }

    @Override
    public VoteStore openVote(GroupOptions options) throws IOException {
        return FileVoteStore.open(options.directory().resolve("vote"));
    }
}

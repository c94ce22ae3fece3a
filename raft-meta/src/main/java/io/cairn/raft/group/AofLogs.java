package io.cairn.raft.group;

import io.cairn.aof.FileVoteStore;
import io.cairn.aof.Log;
import io.cairn.aof.LogOptions;
import io.cairn.aof.SegmentedLog;
import io.cairn.aof.VoteStore;
import java.io.IOException;

/** Logs and votes in a group's directory: {@code log/} and {@code vote}. */
final class AofLogs implements LogOpener {
    /** Kept preallocated ahead of the log's end, so that a full disk is found before entries need the space. */
    static final int MAX_RESERVE_BYTES = 4 << 20;

    @Override
    public Log openLog(GroupOptions options) throws IOException {
        SegmentedLog log = SegmentedLog.open(
                options.directory().resolve("log"),
                LogOptions.of(options.groupId(), options.segmentBytes(), options.fsync()));
        log.reserve(Math.min(options.segmentBytes() / 4, MAX_RESERVE_BYTES));
        return log;
    }

    @Override
    public VoteStore openVote(GroupOptions options) throws IOException {
        return FileVoteStore.open(options.directory().resolve("vote"));
    }
}

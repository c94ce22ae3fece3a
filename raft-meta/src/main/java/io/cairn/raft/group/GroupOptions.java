package io.cairn.raft.group;

import io.cairn.aof.FsyncPolicy;
import java.nio.file.Path;
import java.util.List;

/**
 * How to open one group's replica.
 *
 * @param directory holds the log's segments, the vote and the snapshots of this replica
 * @param initialVoters node ids; used only when the directory is new; empty for a replica that waits to be added
 * @param electionTimeoutMillis bounds 100..60,000
 * @param segmentBytes size of a log segment file
 */
public record GroupOptions(
        String groupId,
        Path directory,
        List<String> initialVoters,
        List<String> initialLearners,
        int electionTimeoutMillis,
        FsyncPolicy fsync,
        int segmentBytes) {}

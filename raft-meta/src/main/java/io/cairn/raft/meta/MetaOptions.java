package io.cairn.raft.meta;

import io.cairn.aof.FsyncPolicy;
import java.nio.file.Path;

/**
 * How a node takes part in the meta group.
 *
 * @param directory the node's data directory: holds {@code cluster.conf} and {@code meta/}
 * @param self this node as it announces itself now
 * @param mark kept with the node's id, outside of {@code cluster.conf} and {@code meta/}
 * @param electionTimeoutMillis of the meta group, 100..60,000
 * @param segmentBytes size of a segment file of the meta log
 * @param snapshotEntries a replica whose log is this many entries longer than its last snapshot takes a new one. A start
 *     applies what is beyond it, and each entry is a new map that every part of the node looks at
 * @param snapshotPauseMillis between two of them, at least: one that fails, of a full disk, fails again at once
 */
public record MetaOptions(
        Path directory,
        ClusterNode self,
        JoinMark mark,
        int electionTimeoutMillis,
        FsyncPolicy fsync,
        int segmentBytes,
        long snapshotEntries,
        long snapshotPauseMillis) {
    private static final long SNAPSHOT_ENTRIES = 128;
    private static final long SNAPSHOT_PAUSE_MILLIS = 10_000;

    /** With snapshots as often as they should be. */
    public MetaOptions(
            Path directory,
            ClusterNode self,
            JoinMark mark,
            int electionTimeoutMillis,
            FsyncPolicy fsync,
            int segmentBytes) {
        this(
                directory,
                self,
                mark,
                electionTimeoutMillis,
                fsync,
                segmentBytes,
                SNAPSHOT_ENTRIES,
                SNAPSHOT_PAUSE_MILLIS);
    }
}

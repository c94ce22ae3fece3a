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
 */
public record MetaOptions(
        Path directory,
        ClusterNode self,
        JoinMark mark,
        int electionTimeoutMillis,
        FsyncPolicy fsync,
        int segmentBytes) {}

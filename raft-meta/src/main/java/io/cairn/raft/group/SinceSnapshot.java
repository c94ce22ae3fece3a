package io.cairn.raft.group;

/**
 * What a replica's log holds beyond its last snapshot.
 *
 * @param entries applied since
 * @param bytes that the log has for them, 0 without entries
 * @param snapshotBytes that the snapshot itself takes, 0 without one
 */
public record SinceSnapshot(long entries, long bytes, long snapshotBytes) {}

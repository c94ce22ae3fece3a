package io.cairn.aof;

import java.nio.file.Path;

/**
 * A finished snapshot on disk.
 *
 * @param index last log entry it contains
 * @param term term of that entry
 * @param membership opaque text of the layer above
 * @param bytes length of the data
 * @param checksum CRC32C of the data
 * @param file the data, a file that may be read by others (an RDB file) but not changed
 */
public record Snapshot(long index, long term, String membership, long bytes, int checksum, Path file) {}

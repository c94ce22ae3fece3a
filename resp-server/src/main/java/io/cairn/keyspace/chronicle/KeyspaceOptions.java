package io.cairn.keyspace.chronicle;

/**
 * Sizing of a keyspace.
 *
 * @param databases number of databases, 1 to 1024 (Redis: {@code databases}, 16)
 * @param stripes number of stripes, a power of two from 1 to 1024
 * @param blockThreshold strings longer than this many bytes live in a block of their own instead of the table's entry;
 *     64 to 65,536
 * @param maxBytes hard limit of off-heap bytes, above which writes fail with OutOfMemoryError; 0 for none. The
 *     configured {@code maxmemory} is enforced above the keyspace, by eviction or refusal; this is the last line.
 */
public record KeyspaceOptions(int databases, int stripes, int blockThreshold, long maxBytes) {
    /** Stripes unless said otherwise: see DESIGN-keyspace.md for the measurement. */
    public static final int DEFAULT_STRIPES = 64;

    /** Above this a malloc header and a heap object no longer matter, and small tables stay free of large holes. */
    public static final int DEFAULT_BLOCK_THRESHOLD = 4096;

    public KeyspaceOptions {
        if (databases < 1 || databases > 1024) {
            throw new IllegalArgumentException("databases must be 1 to 1024: " + databases);
        }
        if (stripes < 1 || stripes > 1024 || Integer.bitCount(stripes) != 1) {
            throw new IllegalArgumentException("stripes must be a power of two up to 1024: " + stripes);
        }
        if (blockThreshold < 64 || blockThreshold > 65_536) {
            throw new IllegalArgumentException("block threshold must be 64 to 65536: " + blockThreshold);
        }
        if (maxBytes < 0) {
            throw new IllegalArgumentException("negative limit: " + maxBytes);
        }
    }

    /** Redis's 16 databases and the default sizes, without a limit. */
    public static KeyspaceOptions defaults() {
        return new KeyspaceOptions(16, DEFAULT_STRIPES, DEFAULT_BLOCK_THRESHOLD, 0);
    }

    public KeyspaceOptions withDatabases(int number) {
        return new KeyspaceOptions(number, stripes, blockThreshold, maxBytes);
    }

    public KeyspaceOptions withStripes(int number) {
        return new KeyspaceOptions(databases, number, blockThreshold, maxBytes);
    }

    public KeyspaceOptions withMaxBytes(long bytes) {
        return new KeyspaceOptions(databases, stripes, blockThreshold, bytes);
    }
}

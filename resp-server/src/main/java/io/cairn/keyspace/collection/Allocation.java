package io.cairn.keyspace.collection;

/** What memory of the C library costs beyond what was asked for. */
public final class Allocation {
    private static final int HEADER_BYTES = 8;
    private static final int ALIGNMENT = 16;
    private static final int SMALLEST_BYTES = 32;

    private Allocation() {}

    /** The bytes that {@code size} bytes from {@link io.cairn.keyspace.Memory#allocate} take: glibc's header and rounding. */
    public static long bytes(long size) {
        long rounded = (size + HEADER_BYTES + ALIGNMENT - 1) & -ALIGNMENT;
        return Math.max(SMALLEST_BYTES, rounded);
    }
}

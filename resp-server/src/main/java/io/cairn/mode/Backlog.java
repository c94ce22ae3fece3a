package io.cairn.mode;

import io.cairn.keyspace.Memory;

/**
 * The last bytes of the stream of changes, for replicas that come back: a ring. Positions are Redis's: the first byte of a history is 1. Guarded by its
 * owner. Redis: replBacklog.
 */
final class Backlog {
    /** Redis: CONFIG_REPL_BACKLOG_MIN_SIZE. */
    static final long MIN_BYTES = 16 * 1024;
    /** Most that one array holds with room to spare. */
    static final long MAX_BYTES = 1L << 30;

    private byte[] ring;
    private long first;
    private long length;

    /**
     * @param size bytes it keeps, brought within the bounds
     * @param next position of the next byte
     */
    Backlog(long size, long next) {
        ring = new byte[bounded(size)];
        first = next;
    }

    private static int bounded(long size) {
        return (int) Math.max(MIN_BYTES, Math.min(MAX_BYTES, size));
    }

    /** Other bytes are kept from now on; the newest of those there are stay. */
    void resize(long size) {
        int bytes = bounded(size);
        if (bytes == ring.length) {
            return;
        }
        long kept = Math.min(length, bytes);
        byte[] last = copy(first + length - kept, (int) kept);
        long from = first + length - kept;
        ring = new byte[bytes];
        first = from;
        length = 0;
        add(last);
    }

    void add(byte[] bytes) {
        int from = Math.max(0, bytes.length - ring.length);
        int part = bytes.length - from;
        int at = at(first + length + from);
        int head = Math.min(part, ring.length - at);
        System.arraycopy(bytes, from, ring, at, head);
        System.arraycopy(bytes, from + head, ring, 0, part - head);
        added(bytes.length);
    }

    /** Adds bytes of native memory. */
    void add(long address, int bytes) {
        int from = Math.max(0, bytes - ring.length);
        int part = bytes - from;
        int at = at(first + length + from);
        int head = Math.min(part, ring.length - at);
        Memory.copy(address + from, ring, at, head);
        Memory.copy(address + from + head, ring, 0, part - head);
        added(bytes);
    }

    private void added(int bytes) {
        length += bytes;
        long over = length - ring.length;
        if (over > 0) {
            first += over;
            length = ring.length;
        }
    }

    private int at(long position) {
        return (int) (position % ring.length);
    }

    /** Whether all bytes from this position on are here; the next one to come counts. */
    boolean reachesBackTo(long position) {
        return position >= first && position <= first + length;
    }

    /** The bytes from a position on that it reaches back to. */
    byte[] from(long position) {
        return copy(position, (int) (first + length - position));
    }

    private byte[] copy(long position, int bytes) {
        byte[] copy = new byte[bytes];
        int at = at(position);
        int head = Math.min(bytes, ring.length - at);
        System.arraycopy(ring, at, copy, 0, head);
        System.arraycopy(ring, 0, copy, head, bytes - head);
        return copy;
    }

    /** Position of the first byte that is here, or of the next one to come. */
    long first() {
        return first;
    }

    /** Bytes that are here. */
    long length() {
        return length;
    }

    /** Bytes that it takes. */
    int capacity() {
        return ring.length;
    }
}

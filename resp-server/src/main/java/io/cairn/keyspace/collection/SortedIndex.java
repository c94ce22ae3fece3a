package io.cairn.keyspace.collection;

import io.cairn.keyspace.Memory;
import java.util.function.LongConsumer;

/**
 * Finds the elements of a {@link SortedSet} by their member: linear hashing. There is about one bucket an element; each insertion makes one bucket
 * more out of one that is there, each removal may take some back, so that no single call moves more than a few elements. Buckets lie in
 * segments of 64, 64, 128, 256 ...; a segment's memory is written bucket by bucket.
 */
final class SortedIndex {
    private static final int FIRST_BITS = 6;
    private static final int FIRST = 1 << FIRST_BITS;
    /** There is at least one element for so many buckets, but for the first. */
    private static final int SPARSE = 4;
    /** So many buckets are visited at most for each element that a scan asks for. Redis: scanGenericCommand. */
    private static final int VISITS = 10;

    private final long[] segments = new long[Integer.SIZE - FIRST_BITS];
    private int buckets = FIRST;
    private int count;
    private long bytes;

    SortedIndex() {
        segments[0] = Memory.allocate((long) FIRST * Long.BYTES);
        Memory.zero(segments[0], (long) FIRST * Long.BYTES);
        bytes = Allocation.bytes((long) FIRST * Long.BYTES);
    }

    long usedBytes() {
        return bytes;
    }

    long find(long member, int length, long hash) {
        int tag = SortedNode.tag(hash);
        long node = Memory.getLong(bucket(index(hash)));
        while (node != 0) {
            if (SortedNode.tagOf(node) == tag
                    && SortedNode.length(node) == length
                    && Memory.same(SortedNode.member(node), member, length)) {
                return node;
            }
            node = SortedNode.nextInBucket(node);
        }
        return 0;
    }

    /** Makes room for one more; if it throws nothing has changed. */
    void reserve() {
        if (count < buckets) {
            return;
        }
        int added = buckets;
        int high = Integer.highestOneBit(added);
        if (added == high) {
            long size = (long) added * Long.BYTES;
            segments[segment(added)] = Memory.allocate(size);
            bytes += Allocation.bytes(size);
        }
        buckets++;
        long from = bucket(added ^ high);
        long to = bucket(added);
        long node = Memory.getLong(from);
        long staying = 0;
        long going = 0;
        while (node != 0) {
            long next = SortedNode.nextInBucket(node);
            long hash = MemberBytes.hash(SortedNode.member(node), SortedNode.length(node));
            if ((hash & high) == 0) {
                SortedNode.setNextInBucket(node, staying);
                staying = node;
            } else {
                SortedNode.setNextInBucket(node, going);
                going = node;
            }
            node = next;
        }
        Memory.putLong(from, staying);
        Memory.putLong(to, going);
    }

    /** Adds an element whose member is not there; {@link #reserve} was called. */
    void add(long node, long hash) {
        long bucket = bucket(index(hash));
        SortedNode.setNextInBucket(node, Memory.getLong(bucket));
        Memory.putLong(bucket, node);
        count++;
    }

    /** Takes out an element that is there. */
    void remove(long node) {
        long hash = MemberBytes.hash(SortedNode.member(node), SortedNode.length(node));
        // The next of a bucket is where the next of an element is: at its beginning.
        long link = bucket(index(hash));
        while (Memory.getLong(link) != node) {
            link = Memory.getLong(link);
        }
        Memory.putLong(link, SortedNode.nextInBucket(node));
        count--;
        for (int i = 0; i <= SPARSE && buckets > FIRST && buckets / SPARSE > count; i++) {
            dropBucket();
        }
    }

    private void dropBucket() {
        int dropped = buckets - 1;
        int high = Integer.highestOneBit(dropped);
        long chain = Memory.getLong(bucket(dropped));
        if (chain != 0) {
            long link = bucket(dropped ^ high);
            while (Memory.getLong(link) != 0) {
                link = Memory.getLong(link);
            }
            Memory.putLong(link, chain);
        }
        buckets--;
        if (dropped == high) {
            int segment = segment(dropped);
            long size = (long) dropped * Long.BYTES;
            Memory.free(segments[segment], size);
            segments[segment] = 0;
            bytes -= Allocation.bytes(size);
        }
    }

    /**
     * One step over all elements with the guarantee of SCAN: what is there throughout is visited at least once, whatever comes and goes. Redis: dictScan.
     *
     * @return the next cursor, 0 at the end
     */
    long scan(long cursor, long wanted, LongConsumer visitor) {
        long at = cursor;
        long visited = 0;
        long visits = wanted > Long.MAX_VALUE / VISITS ? Long.MAX_VALUE : wanted * VISITS;
        do {
            int mask = Integer.highestOneBit(buckets) - 1;
            int bucket = (int) at & mask;
            visited += visit(bucket, visitor);
            if (bucket + mask + 1 < buckets) {
                visited += visit(bucket + mask + 1, visitor);
            }
            // The cursor counts in the reverse of the mask's bits, so that a larger or smaller mask next time misses
            // nothing.
            at = Long.reverse(Long.reverse(at | ~(long) mask) + 1);
        } while (at != 0 && visited < wanted && --visits > 0);
        return at;
    }

    private long visit(int bucket, LongConsumer visitor) {
        long visited = 0;
        for (long node = Memory.getLong(bucket(bucket)); node != 0; node = SortedNode.nextInBucket(node)) {
            visitor.accept(node);
            visited++;
        }
        return visited;
    }

    /** Frees the buckets, not the elements. */
    void free() {
        for (int i = 0; i < segments.length && segments[i] != 0; i++) {
            Memory.free(segments[i], (long) (i == 0 ? FIRST : FIRST << (i - 1)) * Long.BYTES);
            segments[i] = 0;
        }
    }

    private int index(long hash) {
        int high = Integer.highestOneBit(buckets);
        int index = (int) hash & (2 * high - 1);
        return index < buckets ? index : index & (high - 1);
    }

    private static int segment(int bucket) {
        return bucket < FIRST ? 0 : Integer.SIZE - FIRST_BITS - Integer.numberOfLeadingZeros(bucket);
    }

    private long bucket(int index) {
        int segment = segment(index);
        int first = segment == 0 ? 0 : FIRST << (segment - 1);
        return segments[segment] + (long) (index - first) * Long.BYTES;
    }
}

package io.cairn.command;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;

/** A HyperLogLog in memory of its own, to be changed and stored again. Redis: hllSparseSet, hllSparseToDense. */
final class HllSketch implements AutoCloseable {
    /** What {@link #raise} answers when the sparse form is damaged. */
    static final int DAMAGED = -1;

    /** What one change may add, and zeros behind the end. */
    private static final int SLACK = 16;
    /** Longest run of zeros of one byte. */
    private static final int MAX_SHORT_RUN = 64;
    /** How many runs are looked at for neighbours of the same value. */
    private static final int MERGE_RUNS = 5;

    private static final int FIRST_CAPACITY = 512;

    private final long sparseBytes;
    private NativeBlock block;
    private int length;

    /** An empty one; {@code sparseBytes}: hll-sparse-max-bytes. */
    HllSketch(long sparseBytes) {
        this.sparseBytes = sparseBytes;
        this.block = NativeBlock.allocate(FIRST_CAPACITY);
        this.length = HllFormat.HEADER_BYTES + 2;
        Memory.zero(address(), FIRST_CAPACITY);
        HllFormat.header(address(), HllFormat.SPARSE);
        putZeros(address() + HllFormat.HEADER_BYTES, HllFormat.REGISTERS);
    }

    /** A copy of a value that {@link HllFormat#isSketch}. */
    HllSketch(long sparseBytes, long from, int length) {
        this.sparseBytes = sparseBytes;
        this.block = NativeBlock.allocate(length + FIRST_CAPACITY);
        this.length = length;
        Memory.copy(from, address(), length);
        Memory.zero(address() + length, SLACK);
    }

    long address() {
        return block.address();
    }

    int length() {
        return length;
    }

    boolean isDense() {
        return HllFormat.encoding(address()) == HllFormat.DENSE;
    }

    /** Raises a register to a value: 1 if it was lower, 0 if not, {@link #DAMAGED}. */
    int raise(int index, int to) {
        if (isDense()) {
            if (HllFormat.get(address(), index) >= to) {
                return 0;
            }
            HllFormat.set(address(), index, to);
            return 1;
        }
        return to > HllFormat.MAX_SPARSE_VALUE ? raiseDense(index, to) : raiseSparse(index, to);
    }

    private int raiseDense(int index, int to) {
        if (!toDense()) {
            return DAMAGED;
        }
        if (HllFormat.get(address(), index) < to) {
            HllFormat.set(address(), index, to);
        }
        return 1;
    }

    private int raiseSparse(int index, int to) {
        reserve();
        long start = address() + HllFormat.HEADER_BYTES;
        long end = address() + length;
        long at = start;
        long previous = start;
        int first = 0;
        int registers = 0;
        while (at < end) {
            registers = HllFormat.registers(at, end);
            if (index < first + registers) {
                break;
            }
            previous = at;
            at += HllFormat.bytes(Memory.getByte(at));
            first += registers;
        }
        if (at >= end) {
            return DAMAGED;
        }
        int run = Memory.getByte(at);
        if (HllFormat.isValue(run) && HllFormat.value(run) >= to) {
            return 0;
        }
        if (registers == 1 && !HllFormat.isLong(run)) {
            putValue(at, to, 1);
        } else if (!split(at, run, index - first, registers, to)) {
            return raiseDense(index, to);
        }
        merge(previous);
        HllFormat.invalidate(address());
        return 1;
    }

    /** Puts up to three runs in the place of one; false if they do not fit the sparse form. */
    private boolean split(long at, int run, int before, int registers, int to) {
        int behind = registers - before - 1;
        int oldBytes = HllFormat.bytes(run);
        int newBytes = runBytes(run, before) + 1 + runBytes(run, behind);
        int more = newBytes - oldBytes;
        if (more > 0 && length + more > sparseBytes) {
            return false;
        }
        long next = at + oldBytes;
        long end = address() + length;
        if (more != 0 && next < end) {
            Memory.copy(next, next + more, end - next);
        }
        setLength(length + more);
        long to1 = putRun(at, run, before);
        putValue(to1, to, 1);
        putRun(to1 + 1, run, behind);
        return true;
    }

    private static int runBytes(int run, int registers) {
        if (registers == 0) {
            return 0;
        }
        return HllFormat.isValue(run) || registers <= MAX_SHORT_RUN ? 1 : 2;
    }

    /** Writes a run of the same value as {@code run}, none if it would be empty; where it ends. */
    private static long putRun(long at, int run, int registers) {
        if (registers == 0) {
            return at;
        }
        if (HllFormat.isValue(run)) {
            putValue(at, HllFormat.value(run), registers);
            return at + 1;
        }
        return putZeros(at, registers);
    }

    private static void putValue(long at, int value, int registers) {
        Memory.putByte(at, (byte) (0x80 | ((value - 1) << 2) | (registers - 1)));
    }

    private static long putZeros(long at, int registers) {
        int length = registers - 1;
        if (registers <= MAX_SHORT_RUN) {
            Memory.putByte(at, (byte) length);
            return at + 1;
        }
        Memory.putByte(at, (byte) (0x40 | length >> 8));
        Memory.putByte(at + 1, (byte) length);
        return at + 2;
    }

    /** Makes neighbours of the same value one run, near the run at {@code from}. */
    private void merge(long from) {
        long at = from;
        long end = address() + length;
        for (int runs = 0; runs < MERGE_RUNS && at < end; runs++) {
            int run = Memory.getByte(at);
            if (!HllFormat.isValue(run)) {
                at += HllFormat.bytes(run);
                continue;
            }
            int next = at + 1 < end ? Memory.getByte(at + 1) : 0;
            int registers = (run & 3) + (next & 3) + 2;
            if (HllFormat.isValue(next) && HllFormat.value(run) == HllFormat.value(next) && registers <= 4) {
                putValue(at + 1, HllFormat.value(run), registers);
                Memory.copy(at + 1, at, end - at - 1);
                end--;
                setLength(length - 1);
            } else {
                at++;
            }
        }
    }

    /** Turns it into the dense form, unless it is in that already; false if the sparse form is damaged. */
    boolean toDense() {
        if (isDense()) {
            return true;
        }
        NativeBlock dense = NativeBlock.allocate(HllFormat.DENSE_BYTES + SLACK);
        Memory.zero(dense.address(), HllFormat.DENSE_BYTES + SLACK);
        Memory.copy(address(), dense.address(), HllFormat.HEADER_BYTES);
        HllFormat.encoding(dense.address(), HllFormat.DENSE);
        byte[] registers = new byte[HllFormat.REGISTERS];
        if (!mergeInto(registers, address(), length)) {
            dense.release();
            return false;
        }
        for (int i = 0; i < registers.length; i++) {
            if (registers[i] != 0) {
                HllFormat.set(dense.address(), i, registers[i]);
            }
        }
        block.release();
        block = dense;
        length = HllFormat.DENSE_BYTES;
        return true;
    }

    /**
     * Raises registers, one a byte, to those of a value that {@link HllFormat#isSketch}; false if its sparse form is damaged. Redis: hllMerge.
     */
    static boolean mergeInto(byte[] registers, long from, int length) {
        if (HllFormat.encoding(from) == HllFormat.DENSE) {
            for (int i = 0; i < HllFormat.REGISTERS; i++) {
                registers[i] = (byte) Math.max(registers[i], HllFormat.get(from, i));
            }
            return true;
        }
        long end = from + length;
        long index = 0;
        int run;
        for (long at = from + HllFormat.HEADER_BYTES; at < end; at += HllFormat.bytes(run)) {
            run = Memory.getByte(at);
            int count = HllFormat.registers(at, end);
            if (HllFormat.isValue(run)) {
                if (index + count > HllFormat.REGISTERS) {
                    return false;
                }
                for (int i = 0; i < count; i++) {
                    int register = (int) index + i;
                    registers[register] = (byte) Math.max(registers[register], HllFormat.value(run));
                }
            }
            index += count;
        }
        return index == HllFormat.REGISTERS;
    }

    private void setLength(int to) {
        length = to;
        Memory.putByte(address() + to, (byte) 0);
    }

    private void reserve() {
        if (length + SLACK > block.capacity()) {
            NativeBlock larger = NativeBlock.allocate(length * 2 + SLACK);
            Memory.copy(address(), larger.address(), length);
            Memory.zero(larger.address() + length, SLACK);
            block.release();
            block = larger;
        }
    }

    @Override
    public void close() {
        block.release();
    }
}

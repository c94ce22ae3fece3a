package io.cairn.command;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of one call, command name first: a reused list of (address, length) pairs of native memory that
 * somebody else owns and keeps alive while the call runs. Not thread-safe.
 */
public final class Args {
    private long[] addresses = new long[16];
    private int[] lengths = new int[16];
    private NativeBlock @Nullable [] blocks;
    private int count;

    public void clear() {
        if (blocks != null) {
            Arrays.fill(blocks, 0, Math.min(count, blocks.length), null);
        }
        count = 0;
    }

    public void add(long address, int length) {
        if (count == addresses.length) {
            addresses = Arrays.copyOf(addresses, count * 2);
            lengths = Arrays.copyOf(lengths, count * 2);
        }
        addresses[count] = address;
        lengths[count] = length;
        count++;
    }

    /** Adds an argument that lies in a block of its own, which a handler may keep (with {@link NativeBlock#retain}). */
    public void add(NativeBlock block, int length) {
        add(block.address(), length);
        if (blocks == null || blocks.length < count) {
            blocks = blocks == null ? new NativeBlock[Math.max(16, count)] : Arrays.copyOf(blocks, addresses.length);
        }
        blocks[count - 1] = block;
    }

    /** Number of arguments there is room for without growing. */
    public int capacity() {
        return addresses.length;
    }

    /** The memory of all arguments that have no block of their own moved by {@code distance} bytes. */
    public void move(long distance) {
        for (int i = 0; i < count; i++) {
            if (block(i) == null) {
                addresses[i] += distance;
            }
        }
    }

    public int count() {
        return count;
    }

    public long address(int i) {
        return addresses[i];
    }

    public int length(int i) {
        return lengths[i];
    }

    /** The block that argument {@code i} lies in from its start, or null when it has none of its own. */
    public @Nullable NativeBlock block(int i) {
        return blocks == null || i >= blocks.length ? null : blocks[i];
    }

    public byte[] bytes(int i) {
        return Memory.bytes(addresses[i], lengths[i]);
    }

    /** The argument as ISO-8859-1 text: one char a byte. */
    public String text(int i) {
        return new String(bytes(i), StandardCharsets.ISO_8859_1);
    }

    /** Adds words that lie in a block one after the other; the block must live as long as the arguments are used. */
    public void addAll(NativeBlock block, List<byte[]> words) {
        long at = block.address();
        for (byte[] word : words) {
            Memory.copy(word, 0, at, word.length);
            add(at, word.length);
            at += word.length;
        }
    }

    /** Bytes of a block for {@link #addAll}. */
    public static int totalLength(List<byte[]> words) {
        return words.stream().mapToInt(word -> word.length).sum();
    }

    /** True if the argument equals {@code lowerCase} without regard to ASCII case. */
    public boolean is(int i, String lowerCase) {
        int length = lengths[i];
        if (length != lowerCase.length()) {
            return false;
        }
        long address = addresses[i];
        for (int j = 0; j < length; j++) {
            int c = Memory.getByte(address + j);
            if (c >= 'A' && c <= 'Z') {
                c += 'a' - 'A';
            }
            if (c != lowerCase.charAt(j)) {
                return false;
            }
        }
        return true;
    }
}

package io.cairn.replica;

import io.cairn.command.Args;
import io.cairn.keyspace.Memory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Takes a primary's stream apart into units: a command, or a block from MULTI to EXEC. A unit lies in one piece of memory; its arguments point into that until
 * {@link #consume}. Resumable at every byte. Used by one thread.
 */
final class StreamParser {
    private static final int FIRST_BYTES = 256 * 1024;
    /** A buffer that grew beyond this is given back when a unit is done. */
    private static final int KEPT_BYTES = 8 << 20;

    private static final int ROOM_BYTES = 64 * 1024;
    private static final int MAX_BYTES = Integer.MAX_VALUE - 64;
    /** Redis: the limits of processMultibulkBuffer, where the primary's client has none. */
    private static final int MAX_ARGUMENTS = 1 << 20;

    private static final int MAX_HEADER = 32;
    private static final int NONE = -1;

    private ByteBuffer buffer = ByteBuffer.allocateDirect(FIRST_BYTES);
    private long base = Memory.addressOf(buffer);
    /** Where the unit begins, and where what was received ends. */
    private int start;

    private int end;
    /** Within the unit: what was looked at. */
    private int scanned;

    /** Arguments of the present command that are still to come, NONE before its head. */
    private int left = NONE;
    /** Per command: number of arguments, then position in the unit and length of each. */
    private int[] spans = new int[64];

    private int spanCount;
    private int commandSpan;
    private int commandCount;
    private boolean block;
    private final List<Args> commands = new ArrayList<>();

    /** Where more bytes go; say how many by {@link #received}. */
    ByteBuffer room() throws IOException {
        if (buffer.capacity() - end < ROOM_BYTES) {
            makeRoom();
        }
        return buffer.limit(buffer.capacity()).position(end);
    }

    private void makeRoom() throws IOException {
        int used = end - start;
        int capacity = buffer.capacity();
        if (used > capacity / 2) {
            if (capacity == MAX_BYTES) {
                throw new IOException("the primary sent a command or transaction of more than " + used + " bytes");
            }
            capacity = (int) Math.min(MAX_BYTES, 2L * capacity);
        } else if (capacity > KEPT_BYTES && used < FIRST_BYTES / 2) {
            capacity = FIRST_BYTES;
        }
        ByteBuffer next = capacity == buffer.capacity() ? buffer : ByteBuffer.allocateDirect(capacity);
        long nextBase = Memory.addressOf(next);
        Memory.copy(base + start, nextBase, used);
        buffer = next;
        base = nextBase;
        start = 0;
        end = used;
    }

    void received(int bytes) {
        end += bytes;
    }

    /** Bytes that are in no complete unit yet. */
    int unparsed() {
        return end - start;
    }

    /** True when a whole unit is there. */
    boolean next() throws IOException {
        while (true) {
            if (left == NONE && !head()) {
                return false;
            }
            while (left > 0) {
                if (!argument()) {
                    return false;
                }
            }
            left = NONE;
            if (isUnit()) {
                show();
                return true;
            }
        }
    }

    private boolean head() throws IOException {
        while (scanned == 0 && end > start && byteAt(0) == '\n') {
            start++; // A sign of life; no part of the stream.
        }
        int count = number('*');
        if (count == NONE) {
            return false;
        }
        if (count == 0 || count > MAX_ARGUMENTS) {
            throw new IOException("the primary sent a command of " + count + " arguments");
        }
        commandSpan = spanCount;
        span(count);
        left = count;
        return true;
    }

    private boolean argument() throws IOException {
        int before = scanned;
        int length = number('$');
        if (length == NONE) {
            return false;
        }
        if (unparsed() - scanned < length + 2L) {
            scanned = before;
            return false;
        }
        span(scanned);
        span(length);
        scanned += length + 2;
        left--;
        return true;
    }

    /** Reads a line of a mark and a number; NONE, with nothing read, when it is not all there. */
    private int number(char mark) throws IOException {
        int at = scanned;
        int have = unparsed();
        if (at < have && byteAt(at) != mark) {
            throw new IOException(
                    "the primary's stream has '" + (char) byteAt(at) + "' in the place of '" + mark + "'");
        }
        long value = 0;
        for (int i = at + 1; i < have; i++) {
            int c = byteAt(i);
            if (c == '\r') {
                if (i + 1 >= have) {
                    return NONE;
                }
                scanned = i + 2;
                return (int) value;
            }
            if (c < '0' || c > '9' || i - at > MAX_HEADER) {
                throw new IOException("the primary's stream has no number where one must be");
            }
            value = value * 10 + (c - '0');
            if (value > MAX_BYTES) {
                throw new IOException("the primary's stream has a length of " + value);
            }
        }
        return NONE;
    }

    private int byteAt(int inUnit) {
        return Memory.getByte(base + start + inUnit) & 0xff;
    }

    private void span(int value) {
        if (spanCount == spans.length) {
            spans = Arrays.copyOf(spans, spanCount * 2);
        }
        spans[spanCount++] = value;
    }

    /** A command is complete: is the unit? MULTI and EXEC themselves are left out. */
    private boolean isUnit() {
        boolean alone = spans[commandSpan] == 1;
        if (alone && !block && isFirst("multi")) {
            block = true;
            spanCount = commandSpan;
            return false;
        }
        if (alone && block && isFirst("exec")) {
            spanCount = commandSpan;
            return true;
        }
        commandCount++;
        return !block;
    }

    private boolean isFirst(String lowerCase) {
        int at = spans[commandSpan + 1];
        if (spans[commandSpan + 2] != lowerCase.length()) {
            return false;
        }
        for (int i = 0; i < lowerCase.length(); i++) {
            if ((byteAt(at + i) | 0x20) != lowerCase.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private void show() {
        int at = 0;
        for (int i = 0; i < commandCount; i++) {
            if (commands.size() == i) {
                commands.add(new Args());
            }
            Args args = commands.get(i);
            args.clear();
            int count = spans[at++];
            for (int j = 0; j < count; j++) {
                args.add(base + start + spans[at], spans[at + 1]);
                at += 2;
            }
        }
    }

    /** Whether the unit is a block; then its commands may be none. */
    boolean isBlock() {
        return block;
    }

    int commandCount() {
        return commandCount;
    }

    Args command(int i) {
        return commands.get(i);
    }

    /** The unit's bytes, MULTI and EXEC with them. */
    long address() {
        return base + start;
    }

    int length() {
        return scanned;
    }

    /** Goes on behind the unit. */
    void consume() {
        start += scanned;
        scanned = 0;
        spanCount = 0;
        commandCount = 0;
        block = false;
        if (commands.size() > MAX_HEADER) {
            commands.subList(MAX_HEADER, commands.size()).clear();
        }
        if (start == end) {
            start = 0;
            end = 0;
        }
    }

    /** Forgets what was received. */
    void clear() {
        start = 0;
        end = 0;
        scanned = 0;
        spanCount = 0;
        commandCount = 0;
        left = NONE;
        block = false;
    }
}

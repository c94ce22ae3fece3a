package io.cairn.resp;

import io.cairn.command.Reply;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.RealText;
import io.cairn.metrics.LoopStats;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.internal.PlatformDependent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The replies of one connection that were not handed to the channel yet, in RESP2 or RESP3, written straight into direct
 * memory. Memory is held only from the first reply to {@link #write}. Confined to the connection's event loop.
 *
 * <p>Bytes are gathered in segments of at most {@link #SEGMENT_BYTES} (larger only for one larger string); blocks of
 * {@link #COPY_LIMIT} bytes or more become segments of their own that are sent from where they lie.
 */
public final class ReplyBuffer implements Reply {
    /** A segment that is full at this size is followed by a new one. */
    static final int SEGMENT_BYTES = 64 * 1024;
    /** Block contents below this are copied: cheaper than a segment of their own. */
    static final int COPY_LIMIT = 16 * 1024;

    private static final int INITIAL_BYTES = 512;
    private static final long MAX_LOSABLE_BYTES = PlatformDependent.maxDirectMemory() / 4;
    private static final int MAX_NUMBER = 24;
    private static final long MIN_LONG_DIGITS = 20;

    private final ByteBufAllocator allocator;
    private final LoopStats stats;
    private boolean resp3;

    private @Nullable ByteBuf current;
    private long address;
    private int at;
    private int limit;
    /** Full segments before the current one. */
    private final List<Segment> sealed = new ArrayList<>(0);

    private long sealedBytes;
    /** Those of {@link #sealedBytes} that are not in blocks. */
    private long copiedBytes;

    private int errors;
    private final boolean mayLose;
    private boolean lost;
    /** How large the current segment is made at first: what the last turn needed. */
    private int hint = INITIAL_BYTES;

    /** Bytes to send, and the block they lie in when it is not a buffer of our own. */
    private record Segment(ByteBuf bytes, @Nullable NativeBlock block) {
        void release() {
            bytes.release();
            if (block != null) {
                block.release();
            }
        }
    }

    public ReplyBuffer(ByteBufAllocator allocator, LoopStats stats) {
        this(allocator, stats, false);
    }

    private ReplyBuffer(ByteBufAllocator allocator, LoopStats stats, boolean mayLose) {
        this.allocator = allocator;
        this.stats = stats;
        this.mayLose = mayLose;
    }

    /**
     * A buffer that drops everything and is {@link #lost} when there is no memory for more, or when it has reached a
     * quarter of Netty's direct memory: where a record is applied, a failure to write the reply must not be one of the
     * record.
     */
    public static ReplyBuffer losable(ByteBufAllocator allocator, LoopStats stats) {
        return new ReplyBuffer(allocator, stats, true);
    }

    /** What was written is gone, and so is what will be. */
    public boolean lost() {
        return lost;
    }

    /** Bytes gathered. */
    public long bytes() {
        return sealedBytes + at;
    }

    /** Error replies written so far, to tell whether a call failed. */
    public int errors() {
        return errors;
    }

    public void resp3(boolean on) {
        resp3 = on;
    }

    @Override
    public boolean resp3() {
        return resp3;
    }

    /** Hands everything gathered to the channel without flushing it; returns the number of bytes. */
    public long write(ChannelHandlerContext context) {
        long bytes = bytes();
        if (bytes == 0) {
            return 0;
        }
        for (int i = 0; i < sealed.size(); i++) {
            Segment segment = sealed.get(i);
            NativeBlock block = segment.block;
            if (block == null) {
                context.write(segment.bytes, context.voidPromise());
            } else {
                context.write(segment.bytes).addListener(sent -> block.release());
            }
        }
        ByteBuf last = current;
        if (last != null) {
            if (at > 0) {
                context.write(last.writerIndex(at), context.voidPromise());
            } else {
                last.release();
            }
        }
        hint = Math.max(
                INITIAL_BYTES,
                Math.min(
                        SEGMENT_BYTES,
                        Integer.highestOneBit(Math.max(1, (int) Math.min(bytes, SEGMENT_BYTES) - 1)) << 1));
        forget();
        stats.output(bytes);
        return bytes;
    }

    /** Drops everything gathered. */
    public void release() {
        truncate(0);
        if (current != null) {
            current.release();
        }
        forget();
    }

    private void forget() {
        current = null;
        address = 0;
        at = 0;
        limit = 0;
        sealed.clear();
        sealedBytes = 0;
        copiedBytes = 0;
    }

    /** Takes back what was written after {@link #bytes} was {@code mark}. */
    public void truncate(long mark) {
        if (lost) {
            return;
        }
        while (mark < sealedBytes) {
            Segment last = sealed.remove(sealed.size() - 1);
            sealedBytes -= last.bytes.readableBytes();
            if (current != null) {
                current.release();
                current = null;
            }
            if (last.block != null || mark <= sealedBytes) {
                last.release();
                address = 0;
                at = 0;
                limit = 0;
            } else {
                current = last.bytes;
                address = last.bytes.memoryAddress();
                at = last.bytes.writerIndex();
                limit = last.bytes.capacity();
            }
        }
        at = (int) (mark - sealedBytes);
    }

    /** The byte at an offset of what is gathered. */
    byte byteAt(long offset) {
        long position = 0;
        for (int i = 0; i < sealed.size(); i++) {
            ByteBuf bytes = sealed.get(i).bytes;
            if (offset < position + bytes.readableBytes()) {
                return bytes.getByte(bytes.readerIndex() + (int) (offset - position));
            }
            position += bytes.readableBytes();
        }
        return Memory.getByte(address + (offset - position));
    }

    /** Copies what was written after {@code mark} (blocks included) into a heap array and takes it back. */
    byte[] cut(long mark) {
        byte[] bytes = bytes(mark, bytes());
        truncate(mark);
        return bytes;
    }

    /** Copies the bytes from {@code from} to {@code to} (blocks included) into a heap array. */
    public byte[] bytes(long from, long to) {
        byte[] bytes = new byte[Math.toIntExact(to - from)];
        long position = 0;
        for (Segment segment : sealed) {
            int length = segment.bytes.readableBytes();
            copy(segment.bytes.memoryAddress() + segment.bytes.readerIndex(), position, length, bytes, from);
            position += length;
        }
        copy(address, position, at, bytes, from);
        return bytes;
    }

    /** Copies what a stretch of {@code length} bytes at {@code position} shares with the range that begins at {@code from}. */
    private static void copy(long source, long position, int length, byte[] to, long from) {
        long skipped = Math.max(0, from - position);
        long offset = position + skipped - from;
        long shared = Math.min(length - skipped, to.length - offset);
        if (shared > 0) {
            Memory.copy(source + skipped, to, (int) offset, (int) shared);
        }
    }

    /** False when the reply is lost. */
    private boolean ensure(int more) {
        return limit - at >= more || makeRoom(more);
    }

    private boolean makeRoom(int more) {
        if (lost) {
            return false;
        }
        if (!mayLose) {
            grow(more);
            return true;
        }
        try {
            if (copiedBytes + at + more <= MAX_LOSABLE_BYTES) {
                grow(more);
                return true;
            }
        } catch (OutOfMemoryError e) {
            // Netty's direct memory is used up: the replies go, the data stays.
        }
        release();
        lost = true;
        return false;
    }

    private void grow(int more) {
        ByteBuf old = current;
        if (old == null) {
            start(Math.max(hint, more));
        } else if (at + more <= SEGMENT_BYTES) {
            int used = at;
            long from = address;
            start(Math.min(SEGMENT_BYTES, Math.max(limit * 2, used + more)));
            Memory.copy(from, address, used);
            at = used;
            old.release();
        } else {
            seal();
            start(Math.max(SEGMENT_BYTES, more));
        }
    }

    private void start(int capacity) {
        ByteBuf fresh = allocator.directBuffer(capacity);
        current = fresh;
        address = fresh.memoryAddress();
        at = 0;
        limit = fresh.capacity();
    }

    private void seal() {
        ByteBuf full = current;
        if (full == null) {
            return;
        }
        if (at == 0) {
            full.release();
        } else {
            sealed.add(new Segment(full.writerIndex(at), null));
            sealedBytes += at;
            copiedBytes += at;
        }
        current = null;
        address = 0;
        at = 0;
        limit = 0;
    }

    /** Appends the bytes from {@code from} to {@code to} to {@code target}; long blocks are shared, not copied. */
    public void copyTo(ReplyBuffer target, long from, long to) {
        long position = 0;
        for (int i = 0; i < sealed.size() && position < to; i++) {
            Segment segment = sealed.get(i);
            int length = segment.bytes.readableBytes();
            if (position + length > from) {
                int first = (int) Math.max(0, from - position);
                int last = (int) Math.min(length, to - position);
                target.take(segment, first, last);
            }
            position += length;
        }
        if (to > sealedBytes) {
            long first = Math.max(0, from - sealedBytes);
            target.raw(address + first, (int) (to - sealedBytes - first));
        }
    }

    private void take(Segment segment, int first, int last) {
        int start = segment.bytes.readerIndex() + first;
        NativeBlock block = segment.block;
        if (block == null) {
            raw(segment.bytes, start, last - first);
        } else {
            seal();
            sealed.add(new Segment(segment.bytes.retainedSlice(start, last - first), block.retain()));
            sealedBytes += last - first;
        }
    }

    /** Appends encoded replies. */
    public void raw(byte[] bytes, int offset, int length) {
        if (!ensure(length)) {
            return;
        }
        Memory.copy(bytes, offset, address + at, length);
        at += length;
    }

    /** Appends encoded replies from native memory. */
    public void raw(long from, int length) {
        if (!ensure(length)) {
            return;
        }
        Memory.copy(from, address + at, length);
        at += length;
    }

    /** Appends encoded replies; a long stretch is kept by reference (retained) instead of copied. */
    public void raw(ByteBuf bytes, int offset, int length) {
        if (length >= COPY_LIMIT) {
            seal();
            sealed.add(new Segment(bytes.retainedSlice(offset, length), null));
            sealedBytes += length;
        } else if (bytes.hasMemoryAddress()) {
            raw(bytes.memoryAddress() + offset, length);
        } else {
            byte[] copy = new byte[length];
            bytes.getBytes(offset, copy);
            raw(copy, 0, length);
        }
    }

    /** Appends a push whose first byte is missing: {@code >} in RESP3, {@code *} in RESP2. */
    void push(byte[] tail) {
        if (!ensure(1)) {
            return;
        }
        put(resp3 ? '>' : '*');
        raw(tail, 0, tail.length);
    }

    private void put(int value) {
        Memory.putByte(address + at++, (byte) value);
    }

    private void crlf() {
        Memory.putByte(address + at, (byte) '\r');
        Memory.putByte(address + at + 1, (byte) '\n');
        at += 2;
    }

    /** Writes a decimal; room for {@link #MAX_NUMBER} bytes was ensured. */
    private void digits(long value) {
        long left = value;
        if (left < 0) {
            put('-');
            if (left == Long.MIN_VALUE) {
                put('9');
                left = -223_372_036_854_775_808L;
            }
            left = -left;
        }
        int length = 1;
        for (long bound = 10; length < MIN_LONG_DIGITS - 1 && left >= bound; bound *= 10) {
            length++;
        }
        long end = address + at + length;
        at += length;
        do {
            long next = left / 10;
            Memory.putByte(--end, (byte) ('0' + (left - next * 10)));
            left = next;
        } while (left != 0);
    }

    private void header(int type, long value) {
        if (!ensure(MAX_NUMBER)) {
            return;
        }
        put(type);
        digits(value);
        crlf();
    }

    @Override
    public void ok() {
        if (!ensure(5)) {
            return;
        }
        put('+');
        put('O');
        put('K');
        crlf();
    }

    @Override
    public void simple(String text) {
        line('+', text);
    }

    @Override
    public void error(String text) {
        errors++;
        int space = text.indexOf(' ');
        stats.error(space < 0 ? text : text.substring(0, space));
        line('-', text);
    }

    @Override
    public void simple(byte[] text) {
        line('+', text);
    }

    @Override
    public void error(byte[] text) {
        stats.error(Reply.errorCode(text));
        countedError(text);
    }

    @Override
    public void countedError(byte[] text) {
        errors++;
        line('-', text);
    }

    private void line(int type, String text) {
        line(type, text.getBytes(StandardCharsets.UTF_8));
    }

    private void line(int type, byte[] bytes) {
        if (!ensure(bytes.length + 3)) {
            return;
        }
        put(type);
        for (byte b : bytes) {
            put(b == '\r' || b == '\n' ? ' ' : b);
        }
        crlf();
    }

    @Override
    public void number(long value) {
        header(':', value);
    }

    @Override
    public void bulk(long from, int length) {
        if (!ensure(length + MAX_NUMBER + 2)) {
            return;
        }
        put('$');
        digits(length);
        crlf();
        Memory.copy(from, address + at, length);
        at += length;
        crlf();
    }

    @Override
    public void bulk(byte[] bytes) {
        if (!ensure(bytes.length + MAX_NUMBER + 2)) {
            return;
        }
        put('$');
        digits(bytes.length);
        crlf();
        Memory.copy(bytes, 0, address + at, bytes.length);
        at += bytes.length;
        crlf();
    }

    @Override
    public void bulk(String text) {
        bulk(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void bulkNumber(long value) {
        if (!ensure(2 * MAX_NUMBER)) {
            return;
        }
        int length = value < 0 ? 2 : 1;
        for (long left = value / 10; left != 0; left /= 10) {
            length++;
        }
        put('$');
        digits(length);
        crlf();
        digits(value);
        crlf();
    }

    @Override
    public void bulk(NativeBlock block, int offset, int length) {
        if (length < COPY_LIMIT || !PlatformDependent.hasDirectBufferNoCleanerConstructor()) {
            bulk(block.address() + offset, length);
            return;
        }
        header('$', length);
        if (lost) {
            return;
        }
        seal();
        ByteBuf view =
                Unpooled.wrappedBuffer(block.address() + offset, length, false).writerIndex(length);
        sealed.add(new Segment(view, block.retain()));
        sealedBytes += length;
        if (!ensure(2)) {
            return;
        }
        crlf();
    }

    @Override
    public void nil() {
        if (resp3) {
            if (!ensure(3)) {
                return;
            }
            put('_');
            crlf();
        } else {
            header('$', -1);
        }
    }

    @Override
    public void nilArray() {
        if (resp3) {
            nil();
        } else {
            header('*', -1);
        }
    }

    @Override
    public void array(int size) {
        header('*', size);
    }

    @Override
    public void map(int pairs) {
        header(resp3 ? '%' : '*', resp3 ? pairs : 2L * pairs);
    }

    @Override
    public void set(int size) {
        header(resp3 ? '~' : '*', size);
    }

    @Override
    public void push(int size) {
        header(resp3 ? '>' : '*', size);
    }

    @Override
    public void attribute(int pairs) {
        header('|', pairs);
    }

    @Override
    public void real(double value) {
        real(RealText.of(value));
    }

    @Override
    public void real(String digits) {
        if (resp3) {
            line(',', digits);
        } else {
            bulk(digits);
        }
    }

    @Override
    public void bool(boolean value) {
        if (resp3) {
            if (!ensure(4)) {
                return;
            }
            put('#');
            put(value ? 't' : 'f');
            crlf();
        } else {
            number(value ? 1 : 0);
        }
    }

    @Override
    public void bigNumber(byte[] digits) {
        if (resp3) {
            line('(', digits);
        } else {
            bulk(digits);
        }
    }

    @Override
    public void verbatim(String text) {
        verbatim("txt", text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void verbatim(String format, byte[] bytes) {
        if (!resp3) {
            bulk(bytes);
            return;
        }
        if (!ensure(bytes.length + MAX_NUMBER + 6)) {
            return;
        }
        put('=');
        digits(bytes.length + 4L);
        crlf();
        for (int i = 0; i < 3; i++) {
            put(i < format.length() ? format.charAt(i) : ' ');
        }
        put(':');
        Memory.copy(bytes, 0, address + at, bytes.length);
        at += bytes.length;
        crlf();
    }
}

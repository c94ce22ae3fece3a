package io.cairn.resp;

import io.cairn.command.Args;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the byte stream of one connection into requests, RESP2 arrays or inline lines, where they lie in the read buffer
 * (Redis: processMultibulkBuffer, processInlineBuffer; the same limits, texts and oddities). Resumable at every byte: a
 * request that is not complete keeps what was parsed of it. Between requests it holds no memory.
 *
 * <p>Use: {@link #feed} bytes, then {@link #next} until it answers something else than {@link Result#REQUEST}, then
 * {@link #settle}. The arguments of a request stay valid, over further feeds too, until the following {@code next}.
 */
final class RequestDecoder {
    /** What {@link #next} found. */
    enum Result {
        /** {@link #args} holds a request. */
        REQUEST,
        /** More bytes are needed. */
        MORE,
        /** {@link #error}: the stream cannot be understood any more. */
        ERROR
    }

    /** {@link #error} when a large argument finds no memory. */
    static final String OUT_OF_MEMORY = "OOM command not allowed when used memory > 'maxmemory'.";

    private static final int UNKNOWN = -1;
    private static final int MIN_KEPT_BYTES = 256;

    private final ByteBufAllocator allocator;
    private final ProtocolLimits limits;
    private final ReceiveBudget budget;
    private final ArgsPool pool;

    private @Nullable ByteBuf buffer;
    /** True when the buffer is one of ours with room for more, false when it came from the channel. */
    private boolean owned;
    /** Address of the buffer's memory. */
    private long base;
    /** Offsets: the current request, the parse position, the end of what was received. */
    private int start;

    private int at;
    private int end;

    private @Nullable Args args;
    /** True while {@link #args} holds a complete request. */
    private boolean complete;

    private int argumentsLeft;
    private int bulkLength = UNKNOWN;
    private @Nullable LargeArgument large;
    private boolean hasBlocks;
    private boolean outOfMemory;
    private String error = "";

    RequestDecoder(ByteBufAllocator allocator, ProtocolLimits limits, ReceiveBudget budget, ArgsPool pool) {
        this.allocator = allocator;
        this.limits = limits;
        this.budget = budget;
        this.pool = pool;
    }

    /** Takes over a direct buffer that was read. */
    void feed(ByteBuf in) {
        LargeArgument receiving = large;
        if (receiving != null && receiving.missing() > 0) {
            int taken = Math.min(receiving.missing(), in.readableBytes());
            receive(receiving, in.memoryAddress() + in.readerIndex(), taken);
            in.skipBytes(taken);
        }
        int length = in.readableBytes();
        if (length == 0) {
            in.release();
            return;
        }
        if (buffer == null) {
            use(in, in.readerIndex(), in.writerIndex(), false);
            return;
        }
        room(length);
        Memory.copy(in.memoryAddress() + in.readerIndex(), base + end, length);
        end += length;
        in.release();
    }

    private void use(ByteBuf bytes, int from, int to, boolean ours) {
        buffer = bytes;
        owned = ours;
        base = bytes.memoryAddress();
        start = from;
        at = from;
        end = to;
    }

    /** Makes room for {@code more} bytes after the end, moving what is there if need be. */
    private void room(int more) {
        ByteBuf old = buffer;
        int used = end - start;
        if (old == null || (owned && end + more <= old.capacity())) {
            return;
        }
        int parsed = at - start;
        long before = base + start;
        if (owned && used + more <= old.capacity()) {
            Memory.copy(before, base, used);
            start = 0;
        } else {
            ByteBuf larger = allocator.directBuffer(Math.max(MIN_KEPT_BYTES, Math.max(2 * used, used + more)));
            Memory.copy(before, larger.memoryAddress(), used);
            use(larger, 0, used, true);
            old.release();
        }
        at = start + parsed;
        end = start + used;
        if (args != null) {
            args.move(base + start - before);
        }
    }

    /**
     * Goes on to the next request.
     *
     * @param stranger true while the connection must still log in
     */
    Result next(boolean stranger) {
        if (complete) {
            finish();
        }
        if (outOfMemory) {
            return fail(OUT_OF_MEMORY);
        }
        while (true) {
            if (argumentsLeft == 0) {
                if (at == end) {
                    return Result.MORE;
                }
                start = at;
                Result line = Memory.getByte(base + at) == '*' ? arrayHeader(stranger) : inline();
                if (line != Result.REQUEST || complete) {
                    return line;
                }
                if (argumentsLeft == 0) {
                    continue;
                }
            }
            return arguments(stranger);
        }
    }

    /** The request; first argument is the command's name. Valid until the following {@link #next}. */
    Args args() {
        Args current = args;
        if (current == null || !complete) {
            throw new IllegalStateException("no request was decoded");
        }
        return current;
    }

    /** Redis's words after "-ERR ". */
    String error() {
        return error;
    }

    /** Bytes held of requests that were not answered yet. */
    long heldBytes() {
        LargeArgument receiving = large;
        return (long) end - start + (receiving == null ? 0 : receiving.capacity());
    }

    private Result fail(String text) {
        error = text;
        return Result.ERROR;
    }

    /** A memory error of a feed is told by the next {@link #next}. */
    private void receive(LargeArgument receiving, long from, int length) {
        try {
            receiving.append(from, length);
        } catch (OutOfMemoryError e) {
            receiving.release();
            large = null;
            outOfMemory = true;
        }
    }

    /** Offset of the CR of a line that is complete with its LF, or -1; a NUL hides the rest as in C's strchr. */
    private int lineEnd() {
        for (int i = at; i < end - 1; i++) {
            byte b = Memory.getByte(base + i);
            if (b == '\r') {
                return i;
            }
            if (b == 0) {
                return -1;
            }
        }
        return -1;
    }

    /** True when the line is too long to wait for its end; Redis only says so when it has seen no CR. */
    private boolean tooLong() {
        return end - at > ProtocolLimits.MAX_LINE_BYTES;
    }

    private Result arrayHeader(boolean stranger) {
        int cr = lineEnd();
        if (cr < 0) {
            return tooLong() ? fail("Protocol error: too big mbulk count string") : Result.MORE;
        }
        long count = DecimalLine.parse(base + at + 1, cr - at - 1);
        if (count == DecimalLine.INVALID || count > Integer.MAX_VALUE) {
            return fail("Protocol error: invalid multibulk length");
        }
        if (count > ProtocolLimits.MAX_STRANGER_ARGUMENTS && stranger) {
            return fail("Protocol error: unauthenticated multibulk length");
        }
        at = cr + 2;
        argumentsLeft = (int) Math.max(0, count);
        if (args == null) {
            args = pool.take();
        }
        args.clear();
        return Result.REQUEST;
    }

    private Result arguments(boolean stranger) {
        Args current = args;
        if (current == null) {
            throw new IllegalStateException("arguments without a header");
        }
        while (argumentsLeft > 0) {
            if (bulkLength == UNKNOWN) {
                Result header = bulkHeader(stranger);
                if (header != Result.REQUEST) {
                    return header;
                }
            }
            LargeArgument receiving = large;
            if (receiving != null) {
                if (receiving.missing() > 0 || end - at < 2) {
                    return Result.MORE;
                }
                NativeBlock block = receiving.toBlock();
                large = null;
                hasBlocks = true;
                current.add(block, bulkLength);
                at += 2;
            } else {
                if (end - at < bulkLength + 2) {
                    return Result.MORE;
                }
                current.add(base + at, bulkLength);
                at += bulkLength + 2;
            }
            bulkLength = UNKNOWN;
            argumentsLeft--;
        }
        complete = true;
        return Result.REQUEST;
    }

    private Result bulkHeader(boolean stranger) {
        int cr = lineEnd();
        if (cr < 0) {
            return tooLong() ? fail("Protocol error: too big bulk count string") : Result.MORE;
        }
        byte type = Memory.getByte(base + at);
        if (type != '$') {
            return fail("Protocol error: expected '$', got '" + (char) (type & 0xff) + "'");
        }
        long length = DecimalLine.parse(base + at + 1, cr - at - 1);
        if (length == DecimalLine.INVALID
                || length < 0
                || length > limits.maxBulkBytes
                || length > Integer.MAX_VALUE - ProtocolLimits.BLOCK_BYTES) {
            return fail("Protocol error: invalid bulk length");
        }
        if (length > ProtocolLimits.MAX_STRANGER_BULK && stranger) {
            return fail("Protocol error: unauthenticated bulk length");
        }
        at = cr + 2;
        bulkLength = (int) length;
        if (bulkLength > ProtocolLimits.BLOCK_BYTES) {
            return beginLarge();
        }
        return Result.REQUEST;
    }

    /** Moves what is here of a large argument into memory of its own. */
    private Result beginLarge() {
        try {
            large = new LargeArgument(bulkLength, budget);
        } catch (OutOfMemoryError e) {
            return fail(OUT_OF_MEMORY);
        }
        int here = Math.min(end - at, bulkLength);
        receive(large, base + at, here);
        if (outOfMemory) {
            return fail(OUT_OF_MEMORY);
        }
        // The bytes that moved leave the buffer: what follows them closes up to the header.
        int after = end - at - here;
        Memory.copy(base + at + here, base + at, after);
        end = at + after;
        return Result.REQUEST;
    }

    private Result inline() {
        int lf = -1;
        for (int i = at; i < end; i++) {
            byte b = Memory.getByte(base + i);
            if (b == '\n') {
                lf = i;
                break;
            }
            if (b == 0) {
                break;
            }
        }
        if (lf < 0) {
            return tooLong() ? fail("Protocol error: too big inline request") : Result.MORE;
        }
        int length = lf - at;
        if (length > 0 && Memory.getByte(base + lf - 1) == '\r') {
            length--;
        }
        if (args == null) {
            args = pool.take();
        }
        args.clear();
        if (!InlineRequest.split(base + at, length, args)) {
            return fail("Protocol error: unbalanced quotes in request");
        }
        at = lf + 1;
        complete = args.count() > 0;
        return Result.REQUEST;
    }

    /** Lets go of the request that was answered. */
    private void finish() {
        complete = false;
        start = at;
        releaseBlocks();
    }

    private void releaseBlocks() {
        Args current = args;
        if (!hasBlocks || current == null) {
            return;
        }
        for (int i = 0; i < current.count(); i++) {
            NativeBlock block = current.block(i);
            if (block != null) {
                block.release();
            }
        }
        current.clear();
        hasBlocks = false;
    }

    /** After a series of {@link #next}: gives back what is not needed for an incomplete or waiting request. */
    void settle() {
        ByteBuf held = buffer;
        boolean between = !complete && argumentsLeft == 0;
        if (between && args != null) {
            pool.give(args);
            args = null;
        }
        if (held == null) {
            return;
        }
        if (start == end && between) {
            held.release();
            buffer = null;
            start = 0;
            at = 0;
            end = 0;
        } else if (!owned) {
            room(1);
        }
    }

    /** True when nothing of a request is held. */
    boolean idle() {
        return buffer == null && !complete && argumentsLeft == 0;
    }

    /** Gives everything back: the connection is gone. */
    void release() {
        complete = false;
        releaseBlocks();
        if (large != null) {
            large.release();
            large = null;
        }
        if (args != null) {
            pool.give(args);
            args = null;
        }
        if (buffer != null) {
            buffer.release();
            buffer = null;
        }
        argumentsLeft = 0;
        bulkLength = UNKNOWN;
        start = 0;
        at = 0;
        end = 0;
    }
}

package io.cairn.script;

import io.cairn.keyspace.Memory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Brings byte strings into Lua: luajava has no lua_pushlstring, and its own strings are not binary-safe. The strings become
 * the constants of a precompiled chunk of ours, which returns the only one or a table of all. So any number of strings
 * costs two calls into the interpreter.
 */
final class Constants {
    /** Most constants of a chunk: Lua 5.1 has 18 bits for them. */
    static final int MAX_OF_CHUNK = 1 << 18;

    private static final int INITIAL_BYTES = 16 * 1024;
    /** A buffer that grew beyond this is given back. */
    private static final int KEPT_BYTES = 1 << 20;

    private static final byte STRING = 4;
    /** Elements that one SETLIST takes from registers. */
    private static final int BATCH = 50;

    private static final int LOADK = 1;
    private static final int NEWTABLE = 10;
    private static final int RETURN = 30;
    private static final int SETLIST = 34;
    private static final int MAX_C = 511;
    /** "\033Lua", version 5.1, format 0, little endian, sizes of int, size_t, instruction and number, floating point. */
    private static final byte[] HEADER = {27, 'L', 'u', 'a', 0x51, 0, 1, 4, 8, 4, 8, 0};

    private final LuaStack state;
    private ByteBuffer buffer = allocate(INITIAL_BYTES);
    private long address = Memory.addressOf(buffer);
    private int at;
    private int count;
    /** Where each chunk's constants begin, after the first. */
    private int[] breaks = new int[1];

    private int chunks;

    private final Code code = new Code();

    Constants(LuaStack state) {
        this.state = state;
    }

    private static ByteBuffer allocate(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    void clear() {
        if (buffer.capacity() > KEPT_BYTES) {
            buffer = allocate(INITIAL_BYTES);
            address = Memory.addressOf(buffer);
        }
        at = 0;
        count = 0;
        chunks = 0;
    }

    int count() {
        return count;
    }

    /** Bytes taken so far. */
    int bytes() {
        return at;
    }

    /** Adds a string; its index is the count before. */
    void add(long from, int length) {
        long to = begin(length);
        Memory.copy(from, to, length);
        Memory.putByte(to + length, (byte) 0);
    }

    void add(byte[] from) {
        add(from, 0, from.length);
    }

    void add(byte[] from, int offset, int length) {
        long to = begin(length);
        Memory.copy(from, offset, to, length);
        Memory.putByte(to + length, (byte) 0);
    }

    private long begin(int length) {
        if (count > 0 && count % MAX_OF_CHUNK == 0) {
            if (chunks == breaks.length) {
                breaks = java.util.Arrays.copyOf(breaks, chunks * 2);
            }
            breaks[chunks++] = at;
        }
        ensure(length + 10L);
        Memory.putByte(address + at, STRING);
        Memory.putLong(address + at + 1, length + 1L);
        long to = address + at + 9;
        at += length + 10;
        count++;
        return to;
    }

    private void ensure(long more) {
        long needed = at + more;
        if (needed <= buffer.capacity()) {
            return;
        }
        if (needed > Integer.MAX_VALUE - 64) {
            throw LuaError.message("strings of more than 2 GB");
        }
        ByteBuffer grown = allocate((int) Math.min(Integer.MAX_VALUE - 64, Math.max(needed, 2L * buffer.capacity())));
        long to = Memory.addressOf(grown);
        Memory.copy(address, to, at);
        buffer = grown;
        address = to;
    }

    /** Pushes the one string that was added. */
    void pushOne(long l) {
        code.begin(1);
        code.word(instruction(LOADK, 0, 0));
        code.word(instruction(RETURN, 0, 2, 0));
        code.run(l, 0, at, 1);
    }

    /** Pushes a table of all strings, the first at 1. Needs three slots of the stack. */
    void pushTable(long l) {
        int first = Math.min(count, MAX_OF_CHUNK);
        table(l, 0, chunks == 0 ? at : breaks[0], first);
        for (int chunk = 0; chunk < chunks; chunk++) {
            int from = (chunk + 1) * MAX_OF_CHUNK;
            int size = Math.min(count - from, MAX_OF_CHUNK);
            table(l, breaks[chunk], chunk + 1 < chunks ? breaks[chunk + 1] : at, size);
            for (int i = 1; i <= size; i++) {
                state.natives.lua_rawgeti(l, -1, i);
                state.natives.lua_rawseti(l, -3, from + i);
            }
            state.natives.lua_pop(l, 1);
        }
    }

    private void table(long l, int from, int to, int size) {
        int batches = (size + BATCH - 1) / BATCH;
        int extra = Math.max(0, batches - MAX_C);
        code.begin(2 + size + batches + extra - 1);
        code.word(instruction(NEWTABLE, 0, sizeHint(size), 0));
        int constant = 0;
        for (int batch = 1; batch <= batches; batch++) {
            int elements = Math.min(BATCH, size - constant);
            for (int i = 1; i <= elements; i++) {
                code.word(instruction(LOADK, i, constant++));
            }
            code.word(instruction(SETLIST, 0, elements, batch > MAX_C ? 0 : batch));
            if (batch > MAX_C) {
                code.word(batch);
            }
        }
        code.word(instruction(RETURN, 0, 2, 0));
        code.run(l, from, to, size);
    }

    private static int instruction(int operation, int a, int bx) {
        return operation | a << 6 | bx << 14;
    }

    private static int instruction(int operation, int a, int b, int c) {
        return operation | a << 6 | c << 14 | b << 23;
    }

    /** A size as NEWTABLE has it: mantissa of three bits, exponent of five (Lua: luaO_int2fb). */
    private static int sizeHint(int size) {
        int exponent = 0;
        int mantissa = size;
        while (mantissa >= 16) {
            mantissa = (mantissa + 1) >> 1;
            exponent++;
        }
        return mantissa < 8 ? mantissa : ((exponent + 1) << 3) | (mantissa - 8);
    }

    /** The chunk: header, code, then the constants that lie in the outer buffer. */
    private final class Code {
        private static final int FIXED_BYTES = 64;

        private ByteBuffer out = allocate(INITIAL_BYTES);

        /** Begins a function of so many instructions and one more. */
        void begin(int instructions) {
            out.clear();
            reserve(FIXED_BYTES + (instructions + 1) * 4);
            out.put(HEADER);
            out.putLong(0); // no source
            out.putInt(0).putInt(0); // lines
            out.put((byte) 0).put((byte) 0).put((byte) 0); // upvalues, parameters, varargs
            out.put((byte) (BATCH + 2)); // registers
            out.putInt(instructions + 1);
        }

        private void reserve(int bytes) {
            if (out.remaining() < bytes) {
                ByteBuffer grown = allocate(Math.max(out.position() + bytes, 2 * out.capacity()));
                out.flip();
                out = grown.put(out);
            }
        }

        void word(int instruction) {
            out.putInt(instruction);
        }

        void run(long l, int from, int to, int constants) {
            int length = to - from;
            reserve(length + 20);
            out.putInt(constants);
            Memory.copy(address + from, Memory.addressOf(out) + out.position(), length);
            out.position(out.position() + length);
            out.putInt(0); // no functions within
            out.putInt(0).putInt(0).putInt(0); // no lines, locals, names of upvalues
            int status = state.natives.luaJ_loadbuffer(l, out, out.position(), "=strings");
            if (status == 0) {
                status = state.natives.lua_pcall(l, 0, 1, 0);
            }
            if (out.capacity() > KEPT_BYTES) {
                out = allocate(INITIAL_BYTES);
            }
            if (status != 0) {
                throw LuaError.top();
            }
        }
    }
}

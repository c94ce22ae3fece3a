package io.cairn.keyspace;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import javax.management.JMException;
import javax.management.ObjectName;
import net.openhft.chronicle.core.Jvm;
import net.openhft.chronicle.core.UnsafeMemory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Native memory by address. No bounds are checked: callers hold an (address, length) pair and stay inside it.
 * Multi-byte accesses are in the machine's byte order and may be unaligned (x86-64 and aarch64).
 */
public final class Memory {
    private static final Logger LOG = LoggerFactory.getLogger(Memory.class);
    private static final UnsafeMemory UNSAFE = UnsafeMemory.INSTANCE;

    private Memory() {}

    public static byte getByte(long address) {
        return UNSAFE.readByte(address);
    }

    public static int getInt(long address) {
        return UNSAFE.readInt(address);
    }

    public static long getLong(long address) {
        return UNSAFE.readLong(address);
    }

    public static void putByte(long address, byte value) {
        UNSAFE.writeByte(address, value);
    }

    public static void putInt(long address, int value) {
        UNSAFE.writeInt(address, value);
    }

    public static void putLong(long address, long value) {
        UNSAFE.writeLong(address, value);
    }

    /** Copies; the ranges may overlap. */
    public static void copy(long from, long to, long length) {
        UNSAFE.copyMemory(from, to, length);
    }

    public static void copy(byte[] from, int offset, long to, int length) {
        UNSAFE.copyMemory(from, offset, to, length);
    }

    public static void copy(long from, byte[] to, int offset, int length) {
        for (int i = 0; i < length; i++) {
            to[offset + i] = UNSAFE.readByte(from + i);
        }
    }

    /** Address of the first byte (position 0) of a direct buffer, which must stay reachable while it is used. */
    public static long address(ByteBuffer direct) {
        return Jvm.address(direct);
    }

    /**
     * Asks the C library to give freed memory back to the system (malloc_trim), which it does not do by itself for
     * memory between blocks in use. Takes milliseconds to tenths of a second: call it from a background thread, after
     * much was freed (FLUSHALL). Does nothing where the JVM cannot (not glibc, older than JDK 17.0.9).
     */
    public static void trim() {
        try {
            ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "systemTrimNativeHeap",
                            new Object[] {new String[0]},
                            new String[] {String[].class.getName()});
        } catch (JMException unavailable) {
            LOG.debug("the native heap cannot be trimmed here", unavailable);
        }
    }

    /** Sets {@code length} bytes to zero. */
    public static void zero(long address, long length) {
        UNSAFE.setMemory(address, length, (byte) 0);
    }

    public static byte[] bytes(long address, int length) {
        byte[] bytes = new byte[length];
        copy(address, bytes, 0, length);
        return bytes;
    }

    /** True if {@code length} bytes at both addresses are the same. */
    public static boolean same(long a, long b, int length) {
        int i = 0;
        for (; i + Long.BYTES <= length; i += Long.BYTES) {
            if (getLong(a + i) != getLong(b + i)) {
                return false;
            }
        }
        for (; i < length; i++) {
            if (getByte(a + i) != getByte(b + i)) {
                return false;
            }
        }
        return true;
    }

    /** Where the bytes of a direct buffer begin; the caller keeps the buffer alive while it uses the address. */
    public static long addressOf(java.nio.ByteBuffer direct) {
        return net.openhft.chronicle.core.Jvm.address(direct);
    }

    /**
     * Allocates {@code size} bytes, not zeroed.
     *
     * @throws OutOfMemoryError when the system has no memory left
     */
    public static long allocate(long size) {
        return UNSAFE.allocate(size);
    }

    /**
     * Resizes what {@link #allocate} returned, keeping its contents; large blocks are remapped, not copied.
     *
     * @throws OutOfMemoryError when the system has no memory left; the old memory is then untouched
     */
    public static long reallocate(long address, long newSize) {
        return UnsafeMemory.UNSAFE.reallocateMemory(address, newSize);
    }

    /** Frees what {@link #allocate} returned, with the size it was asked for. */
    public static void free(long address, long size) {
        UNSAFE.freeMemory(address, size);
    }
}

package io.cairn.aof;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.nio.Buffer;
import java.nio.ByteBuffer;

/**
 * Copies from native addresses, which is how the keyspace hands out values without making objects of them, and frees
 * large direct buffers at once instead of when the collector comes by. Bound to {@code sun.misc.Unsafe} by constant
 * method handles, which compile to direct calls; the supported replacement (java.lang.foreign) starts with Java 22.
 */
final class NativeMemory {
    private static final MethodHandle COPY_MEMORY;
    private static final MethodHandle GET_LONG;
    private static final MethodHandle INVOKE_CLEANER;
    private static final long ADDRESS_OFFSET;

    static {
        try {
            Class<?> type = Class.forName("sun.misc.Unsafe");
            Field field = type.getDeclaredField("theUnsafe");
            field.setAccessible(true);
            Object unsafe = field.get(null);
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            COPY_MEMORY = lookup.findVirtual(
                            type, "copyMemory", MethodType.methodType(void.class, long.class, long.class, long.class))
                    .bindTo(unsafe);
            GET_LONG = lookup.findVirtual(type, "getLong", MethodType.methodType(long.class, Object.class, long.class))
                    .bindTo(unsafe);
            INVOKE_CLEANER = lookup.findVirtual(
                            type, "invokeCleaner", MethodType.methodType(void.class, ByteBuffer.class))
                    .bindTo(unsafe);
            ADDRESS_OFFSET =
                    (long) lookup.findVirtual(type, "objectFieldOffset", MethodType.methodType(long.class, Field.class))
                            .bindTo(unsafe)
                            .invoke(Buffer.class.getDeclaredField("address"));
        } catch (Throwable e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private NativeMemory() {}

    /** Copies to a direct buffer's position and moves that on. The caller vouches for the address. */
    static void copy(long address, int length, ByteBuffer target) {
        if (!target.isDirect() || length > target.remaining()) {
            throw new IllegalArgumentException(length + " bytes do not fit " + target);
        }
        int position = target.position();
        try {
            COPY_MEMORY.invokeExact(address, address(target) + position, (long) length);
        } catch (Throwable e) {
            throw new AssertionError("copyMemory throws nothing", e);
        }
        target.position(position + length);
    }

    /** Address of a direct buffer's first byte. */
    static long address(ByteBuffer direct) {
        try {
            return (long) GET_LONG.invokeExact((Object) direct, ADDRESS_OFFSET);
        } catch (Throwable e) {
            throw new AssertionError("getLong throws nothing", e);
        }
    }

    /** Frees a direct buffer that nobody will touch again. */
    static void free(ByteBuffer direct) {
        try {
            INVOKE_CLEANER.invokeExact(direct);
        } catch (Throwable e) {
            throw new AssertionError("invokeCleaner throws nothing for a buffer that is no slice", e);
        }
    }
}

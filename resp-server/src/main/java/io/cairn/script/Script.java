package io.cairn.script;

/**
 * A script of the cache.
 *
 * @param name SHA-1 of the body, 40 hex digits
 * @param flags of the first line ({@link Shebang}); {@link #COMPATIBLE} without one
 * @param source offset of the Lua text in the body
 */
public record Script(String name, byte[] body, int flags, int source) {
    /** no-writes. */
    public static final int NO_WRITES = 1;
    /** allow-oom. */
    public static final int ALLOW_OOM = 1 << 1;
    /** allow-stale. */
    public static final int ALLOW_STALE = 1 << 2;
    /** no-cluster. */
    public static final int NO_CLUSTER = 1 << 3;
    /** The script has no first line with flags: Redis's behaviour before there were any. */
    public static final int COMPATIBLE = 1 << 4;
    /** allow-cross-slot-keys. */
    public static final int ALLOW_CROSS_SLOT = 1 << 5;

    /** No script but a function of a library. */
    public static final int FUNCTION = 1 << 6;

    public boolean is(int flag) {
        return (flags & flag) != 0;
    }

    /** The Lua text. */
    byte[] text() {
        return source == 0 ? body : java.util.Arrays.copyOfRange(body, source, body.length);
    }
}

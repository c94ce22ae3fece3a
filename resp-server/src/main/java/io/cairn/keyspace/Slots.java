package io.cairn.keyspace;

/** Redis Cluster's hash slots: CRC16 (XMODEM) of the key, or of its first non-empty {@code {tag}}, mod 16384. */
public final class Slots {
    /** Number of slots. */
    public static final int COUNT = 16_384;

    private static final char[] TABLE = table();

    private Slots() {}

    /** As {@link #of(long, int)} for a key on the heap. */
    public static int of(byte[] key) {
        NativeBlock copy = NativeBlock.allocate(key.length);
        try {
            Memory.copy(key, 0, copy.address(), key.length);
            return of(copy.address(), key.length);
        } finally {
            copy.release();
        }
    }

    /** Redis: keyHashSlot. */
    public static int of(long address, int length) {
        int from = 0;
        int to = length;
        for (int open = 0; open < length; open++) {
            if (Memory.getByte(address + open) != '{') {
                continue;
            }
            for (int close = open + 1; close < length; close++) {
                if (Memory.getByte(address + close) == '}') {
                    if (close > open + 1) {
                        from = open + 1;
                        to = close;
                    }
                    break;
                }
            }
            break;
        }
        int crc = 0;
        for (int i = from; i < to; i++) {
            crc = ((crc << 8) & 0xffff) ^ TABLE[(crc >>> 8) ^ (Memory.getByte(address + i) & 0xff)];
        }
        return crc & (COUNT - 1);
    }

    private static char[] table() {
        char[] table = new char[256];
        for (int i = 0; i < 256; i++) {
            int crc = i << 8;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
            }
            table[i] = (char) crc;
        }
        return table;
    }
}

package io.cairn.rdb;

import io.cairn.keyspace.Memory;

/**
 * CRC-64 of Redis (crc64.c, Jones): polynomial 0xad93d23594c935a9, reflected, no initial or final inversion. The check
 * value of "123456789" is e9c6d914c4b8d9ca. Eight tables, eight bytes a step.
 */
public final class Crc64 {
    private static final long REFLECTED = 0x95ac9329ac4bc9b5L;
    private static final long[][] TABLES = tables();

    private Crc64() {}

    private static long[][] tables() {
        long[][] tables = new long[8][256];
        for (int i = 0; i < 256; i++) {
            long crc = i;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 1) != 0 ? (crc >>> 1) ^ REFLECTED : crc >>> 1;
            }
            tables[0][i] = crc;
        }
        for (int i = 0; i < 256; i++) {
            for (int table = 1; table < 8; table++) {
                long before = tables[table - 1][i];
                tables[table][i] = (before >>> 8) ^ tables[0][(int) before & 0xff];
            }
        }
        return tables;
    }

    /** Continues {@code crc} (0 at the beginning) with bytes of native memory. */
    public static long update(long crc, long address, long length) {
        long value = crc;
        long at = address;
        long end = address + length;
        for (; at + 8 <= end; at += 8) {
            value ^= Memory.getLong(at);
            value = TABLES[7][(int) value & 0xff]
                    ^ TABLES[6][(int) (value >>> 8) & 0xff]
                    ^ TABLES[5][(int) (value >>> 16) & 0xff]
                    ^ TABLES[4][(int) (value >>> 24) & 0xff]
                    ^ TABLES[3][(int) (value >>> 32) & 0xff]
                    ^ TABLES[2][(int) (value >>> 40) & 0xff]
                    ^ TABLES[1][(int) (value >>> 48) & 0xff]
                    ^ TABLES[0][(int) (value >>> 56)];
        }
        for (; at < end; at++) {
            value = (value >>> 8) ^ TABLES[0][((int) value ^ Memory.getByte(at)) & 0xff];
        }
        return value;
    }

    /** Continues {@code crc} with bytes of the heap. */
    public static long update(long crc, byte[] bytes, int offset, int length) {
        long value = crc;
        for (int i = offset; i < offset + length; i++) {
            value = (value >>> 8) ^ TABLES[0][((int) value ^ bytes[i]) & 0xff];
        }
        return value;
    }
}

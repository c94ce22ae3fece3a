package io.cairn.jepsen.resp;

import java.util.function.IntPredicate;

/** Redis Cluster's hash slots: CRC16 (XModem) of the key, or of what stands between its first braces. */
public final class HashSlot {
    public static final int COUNT = 16_384;
    private static final int POLYNOMIAL = 0x1021;

    private HashSlot() {}

    public static int of(byte[] key) {
        int open = indexOf(key, '{', 0);
        if (open >= 0) {
            int close = indexOf(key, '}', open + 1);
            if (close > open + 1) {
                return crc16(key, open + 1, close) & (COUNT - 1);
            }
        }
        return crc16(key, 0, key.length) & (COUNT - 1);
    }

    public static int of(String key) {
        return of(RawClient.words(key)[0]);
    }

    /** The first of {@code prefix{0}, prefix{1} ...} whose slot passes. */
    public static String keyIn(String prefix, IntPredicate slots) {
        for (int i = 0; i < 100 * COUNT; i++) {
            String key = prefix + "{" + i + "}";
            if (slots.test(of(key))) {
                return key;
            }
        }
        throw new IllegalArgumentException("no key found: does any slot pass?");
    }

    /** One key of every slot, by slot. */
    public static String[] keyOfEverySlot(String prefix) {
        String[] keys = new String[COUNT];
        int missing = COUNT;
        for (int i = 0; missing > 0; i++) {
            String key = prefix + "{" + i + "}";
            int slot = of(key);
            if (keys[slot] == null) {
                keys[slot] = key;
                missing--;
            }
        }
        return keys;
    }

    private static int indexOf(byte[] key, char wanted, int from) {
        for (int i = from; i < key.length; i++) {
            if (key[i] == wanted) {
                return i;
            }
        }
        return -1;
    }

    private static int crc16(byte[] bytes, int from, int to) {
        int crc = 0;
        for (int i = from; i < to; i++) {
            crc ^= (bytes[i] & 0xff) << 8;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 0x8000) != 0 ? crc << 1 ^ POLYNOMIAL : crc << 1;
            }
            crc &= 0xffff;
        }
        return crc;
    }
}

package io.cairn.raft.meta;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;

/** Node, shard and cluster ids: 40 lower-case hex digits, as Redis has them. */
public final class Ids {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String DIGITS = "0123456789abcdef";

    private Ids() {}

    /** A new random id. */
    public static String random() {
        byte[] bytes = new byte[20];
        RANDOM.nextBytes(bytes);
        StringBuilder id = new StringBuilder(40);
        for (byte b : bytes) {
            id.append(DIGITS.charAt(b >> 4 & 15)).append(DIGITS.charAt(b & 15));
        }
        return id.toString();
    }

    /** True for 40 lower-case hex digits. */
    public static boolean isId(String text) {
        if (text.length() != 40) {
            return false;
        }
        for (int i = 0; i < 40; i++) {
            if (DIGITS.indexOf(text.charAt(i)) < 0) {
                return false;
            }
        }
        return true;
    }

    static void check(String id) {
        if (!isId(id)) {
            throw new IllegalArgumentException("an id has 40 lower-case hex digits: " + id);
        }
    }

    static void checkName(String name) {
        if (name.getBytes(StandardCharsets.UTF_8).length > ClusterNode.MAX_NAME_BYTES) {
            throw new IllegalArgumentException("longer than " + ClusterNode.MAX_NAME_BYTES + " bytes: " + name);
        }
    }
}

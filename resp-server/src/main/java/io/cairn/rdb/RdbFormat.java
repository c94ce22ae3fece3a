package io.cairn.rdb;

/** Numbers of the RDB format (Redis: rdb.h). */
final class RdbFormat {
    /** What Redis 7.0 writes, and we. */
    static final int VERSION = 10;
    /** What Redis 7.4 writes, and we where fields of hashes expire: Redis 7.0 refuses such a file at its first bytes. */
    static final int VERSION_WITH_FIELD_EXPIRY = 12;
    /** What Redis 7.4 writes; later ones are refused. */
    static final int NEWEST_READ = 12;

    static final int OPCODE_SLOT_INFO = 244;
    static final int OPCODE_FUNCTION2 = 245;
    static final int OPCODE_FUNCTION_PRE_GA = 246;
    static final int OPCODE_MODULE_AUX = 247;
    static final int OPCODE_IDLE = 248;
    static final int OPCODE_FREQ = 249;
    static final int OPCODE_AUX = 250;
    static final int OPCODE_RESIZEDB = 251;
    static final int OPCODE_EXPIRETIME_MS = 252;
    static final int OPCODE_EXPIRETIME = 253;
    static final int OPCODE_SELECTDB = 254;
    static final int OPCODE_EOF = 255;

    static final int TYPE_STRING = 0;
    static final int TYPE_LIST = 1;
    static final int TYPE_SET = 2;
    static final int TYPE_ZSET = 3;
    static final int TYPE_HASH = 4;
    static final int TYPE_ZSET_2 = 5;
    static final int TYPE_MODULE = 6;
    static final int TYPE_MODULE_2 = 7;
    static final int TYPE_HASH_ZIPMAP = 9;
    static final int TYPE_LIST_ZIPLIST = 10;
    static final int TYPE_SET_INTSET = 11;
    static final int TYPE_ZSET_ZIPLIST = 12;
    static final int TYPE_HASH_ZIPLIST = 13;
    static final int TYPE_LIST_QUICKLIST = 14;
    static final int TYPE_STREAM_LISTPACKS = 15;
    static final int TYPE_HASH_LISTPACK = 16;
    static final int TYPE_ZSET_LISTPACK = 17;
    static final int TYPE_LIST_QUICKLIST_2 = 18;
    static final int TYPE_STREAM_LISTPACKS_2 = 19;
    /** From Redis 7.2 on. */
    static final int TYPE_SET_LISTPACK = 20;

    static final int TYPE_STREAM_LISTPACKS_3 = 21;

    /** A hash with fields that expire, from Redis 7.4 on. */
    static final int TYPE_HASH_METADATA = 24;
    /** The compact form of it, a listpack of field, value, expiry. */
    static final int TYPE_HASH_LISTPACK_EX = 25;

    static final int ENCODING_INT8 = 0;
    static final int ENCODING_INT16 = 1;
    static final int ENCODING_INT32 = 2;
    static final int ENCODING_LZF = 3;

    /** Longest string that is accepted (Redis: proto-max-bulk-len's default, 512 MB). */
    static final long MAX_STRING_BYTES = 512L << 20;

    /** Field of files that Cairn wrote: {@link io.cairn.keyspace.DataLimits}, left out when they are Redis's defaults. */
    static final String LIMITS = "cairn-limits";

    private RdbFormat() {}

    /** The Redis type behind a value's type byte, for messages. */
    static String typeName(int type) {
        return switch (type) {
            case TYPE_STRING -> "string";
            case 1, 10, 14, 18 -> "list";
            case 2, 11, 20 -> "set";
            case 3, 5, 12, 17 -> "zset";
            case 4, 9, 13, 16, 22, 23, 24, 25 -> "hash";
            case 6, 7 -> "module";
            case 15, 19, 21 -> "stream";
            default -> "number " + type;
        };
    }
}

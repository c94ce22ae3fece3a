package io.cairn.rdb;

import io.cairn.keyspace.EncodingLimits;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.collection.StreamObject;
import java.io.IOException;
import java.util.Objects;

/** Which codec reads and writes which type. Redis: rdbSaveObjectType, rdbSaveObject, rdbLoadObject. */
final class RdbTypes {
    private RdbTypes() {}

    /** Whether it is a hash with fields that expire, which has a form of its own since Redis 7.4. */
    static boolean hasExpiringFields(Value value) {
        return value.object != null && value.object.earliestExpiry() != Long.MAX_VALUE;
    }

    /** The type byte that a value is written with. */
    static int type(Value value) throws IOException {
        return switch (value.type) {
            case STRING -> RdbFormat.TYPE_STRING;
            case HASH -> HashRdb.type(value);
            case SET -> SetRdb.type(value);
            case STREAM -> RdbFormat.TYPE_STREAM_LISTPACKS_2;
            case LIST -> RdbFormat.TYPE_LIST_QUICKLIST_2;
            case ZSET -> SortedSetRdb.type(value);
            default -> throw new IOException("type " + value.type.redisName() + " not supported yet");
        };
    }

    /** Writes what stands behind type and key. */
    static void write(RdbOutput out, Value value) throws IOException {
        switch (value.type) {
            case STRING -> {
                if (value.encoding == Value.INT) {
                    out.putNumber(value.number);
                } else {
                    out.putString(value.address, value.length);
                }
            }
            case HASH -> HashRdb.write(out, value);
            case SET -> SetRdb.write(out, value);
            case STREAM -> StreamRdb.write(out, (StreamObject) Objects.requireNonNull(value.object));
            case LIST -> ListRdb.write(out, value);
            case ZSET -> SortedSetRdb.write(out, value);
            default -> throw new IOException("type " + value.type.redisName() + " not supported yet");
        }
    }

    /**
     * Reads a value; the caller closes it.
     *
     * @param string takes a string's bytes; the value returned may need it until it is closed
     * @param limits what is compact and what is large here
     * @param setIntegers numbers of an intset that stays one
     * @throws RdbException for what is damaged or not supported
     */
    static LoadedValue read(int type, RdbInput in, RdbString string, EncodingLimits limits, long setIntegers)
            throws IOException {
        return switch (type) {
            case RdbFormat.TYPE_STRING -> {
                string.read(in);
                yield LoadedValue.string(string);
            }
            case RdbFormat.TYPE_HASH,
                    RdbFormat.TYPE_HASH_ZIPMAP,
                    RdbFormat.TYPE_HASH_ZIPLIST,
                    RdbFormat.TYPE_HASH_LISTPACK,
                    RdbFormat.TYPE_HASH_METADATA,
                    RdbFormat.TYPE_HASH_LISTPACK_EX -> HashRdb.read(type, in, string, limits);
            case RdbFormat.TYPE_SET, RdbFormat.TYPE_SET_INTSET, RdbFormat.TYPE_SET_LISTPACK ->
                SetRdb.read(type, in, string, setIntegers);
            case RdbFormat.TYPE_STREAM_LISTPACKS,
                    RdbFormat.TYPE_STREAM_LISTPACKS_2,
                    RdbFormat.TYPE_STREAM_LISTPACKS_3 -> StreamRdb.read(type, in, string);
            case RdbFormat.TYPE_LIST,
                    RdbFormat.TYPE_LIST_ZIPLIST,
                    RdbFormat.TYPE_LIST_QUICKLIST,
                    RdbFormat.TYPE_LIST_QUICKLIST_2 -> ListRdb.read(type, in, limits);
            case RdbFormat.TYPE_ZSET,
                    RdbFormat.TYPE_ZSET_2,
                    RdbFormat.TYPE_ZSET_ZIPLIST,
                    RdbFormat.TYPE_ZSET_LISTPACK -> SortedSetRdb.read(type, in, string, limits);
            default -> throw in.bad("type " + RdbFormat.typeName(type) + " not supported yet");
        };
    }
}

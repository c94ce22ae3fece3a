package io.cairn.keyspace;

/** Redis's types, with the RDB-independent tag that the index stores and TYPE's name. */
public enum ValueType {
    STRING("string", 0),
    LIST("list", 1),
    SET("set", 2),
    ZSET("zset", 3),
    HASH("hash", 4),
    STREAM("stream", 5);

    private final String redisName;
    private final int tag;

    ValueType(String redisName, int tag) {
        this.redisName = redisName;
        this.tag = tag;
    }

    /** Its number in the index, 0 to 7. */
    public int tag() {
        return tag;
    }

    /** The name that TYPE answers. */
    public String redisName() {
        return redisName;
    }
}

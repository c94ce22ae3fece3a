package io.cairn.keyspace;

/** Redis's types, with the RDB-independent tag that the index stores and TYPE's name. */
public enum ValueType {
    STRING("string"),
    LIST("list"),
    SET("set"),
    ZSET("zset"),
    HASH("hash"),
    STREAM("stream");

    private final String redisName;

    ValueType(String redisName) {
        this.redisName = redisName;
    }

    /** The name that TYPE answers. */
    public String redisName() {
        return redisName;
    }
}

package io.cairn.command;

import java.util.List;

/** Calls of hashes, for {@link RedisDifferentialIT}. */
final class HashTemplates {
    static final List<String> LINES = List.of(
            "hset {hash} {field} {value}",
            "hset {hash} {field} {value} {field} {value} [{field} {value}] [{field}]",
            "hset {hash} {field} {integer} {field} {integer} {field} {integer} {field} {integer} {field} {integer}",
            "hmset {hash} {field} {value} [{field} {value}] [{field}]",
            "hsetnx {hash} {field} {value}",
            "hget {hash} {field}",
            "hmget {hash} {field}*",
            "(hgetall|hkeys|hvals|hlen) {hash}",
            "hlen {hash}",
            "hvals {hash}",
            "hkeys {hash}",
            "hexists {hash} {field}",
            "hstrlen {hash} {field}",
            "hdel {hash} {field}* [{field}]",
            "hdel {hash} {field} {field} {field} {field} {field} {field} {field} {field} {field} {field}",
            "hincrby {hash} {field} {integer}",
            "hincrbyfloat {hash} {field} {float}",
            "hincrbyfloat {hash} {field} {number}",
            "hrandfield {hash} [{index}|0|x|-9223372036854775808|1000] [withvalues|foo] [foo]",
            "hrandfield {hash} (0|3|-3|9223372036854775807) withvalues",
            "hscan {hash} (0|x|-|+0) count 10000 [match {pattern}|match *f?]",
            "hscan {hash} 0 (count 0|count x|match|foo|count) [count 10]");

    private HashTemplates() {}
}

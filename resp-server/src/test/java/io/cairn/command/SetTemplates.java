package io.cairn.command;

import java.util.List;

/** Calls of sets, for {@link RedisDifferentialIT}. What SPOP takes by chance it takes from sets of one member, or it takes all. */
final class SetTemplates {
    static final List<String> LINES = List.of(
            "sadd {set} {smember}*",
            "sadd {set} {smember} {smember} {smember} {smember} {smember} {smember} {smember} {smember}",
            "sadd {set} {digit} {integer} {integer} {digit}",
            "sadd {set} {integer}",
            "srem {set} {smember}* [{smember}]",
            "srem {set} {smember} {smember} {digit} {digit} {smember} {smember} {smember} {smember} {smember}",
            "sismember {set} {smember}",
            "smismember {set} {smember}*",
            "scard {set}",
            "smembers {set}",
            "smove {set} {set} {smember}",
            "smove {set} {set} {digit}",
            "spop {set} (0|1000|-1|x|9223372036854775807) [1]",
            "sadd {single} {single}",
            "spop {single} [1|2|0]",
            "srandmember {set} [{index}|0|x|-9223372036854775808|1000] [foo]",
            "sinter {set}* [{set}]",
            "sinterstore {set} {set}* [{set}]",
            "sintercard (1|2|0|x|-1|9) {set} [{set}] [limit {digit}|limit 1000|limit -1|limit x|limit|foo]",
            "sintercard 2 {set} {set} [limit {digit}] [limit 1]",
            "sunion {set}*",
            "sunionstore {set} {set}*",
            "sdiff {set} {set}*",
            "sdiff {set}* [{set}] [{set}]",
            "sdiffstore {set} {set}* [{set}]",
            "sscan {set} (0|x|-|+0) count 10000 [match {pattern}|match *1?]",
            "sscan {set} 0 (count 0|count x|match|foo|count) [count 10]",
            "object encoding {set}");

    private SetTemplates() {}
}

package io.cairn.command;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The calls that {@link RedisDifferentialIT} draws from, in the notation of {@link CommandTemplate}; each family has its own class beside this. */
final class Templates {
    private static final List<String> STRINGS_AND_KEYS = List.of(
            "set {key} {value}",
            "set {key} {value} [nx|xx] [get] [ex {seconds}|px {millis}|exat {unix}|pxat {unixmillis}|keepttl] [get]",
            "set {key} {value} (ex {badtime}|px {badtime}|ex|get get|nx xx|keepttl ex {seconds}|ex {seconds} px {millis})",
            "setnx {key} {value}",
            "setex {key} (1000|{seconds}|0|-5|x) {value}",
            "psetex {key} (1000000|{millis}|0|9223372036854775807) {value}",
            "get {key}",
            "getset {key} {value}",
            "getdel {key}",
            "getex {key} [ex {seconds}|px {millis}|exat {unix}|pxat {unixmillis}|persist|exat 1|ex 0|keepttl|persist persist]",
            "mget {key}*",
            "mset {key} {value}* [{key} {value}]",
            "msetnx {key} {value} [{key} {value}]",
            "append {key} {value}",
            "strlen {key}",
            "setrange {key} {offset} {value}",
            "getrange {key} {index} {index}",
            "getrange {key} {integer} {integer}",
            "substr {key} {index} {index}",
            "incr {key}",
            "decr {key}",
            "incrby {key} {integer}",
            "decrby {key} {integer}",
            "incrbyfloat {key} {float}",
            "incrbyfloat {key} {number}",
            "lcs {key} {key} [len] [idx] [minmatchlen {digit}] [withmatchlen]",
            "del {key}*",
            "unlink {key}*",
            "exists {key}*",
            "touch {key}*",
            "type {key}",
            "expire {key} {seconds} [nx|xx|gt|lt] [xx|gt|foo]",
            "pexpire {key} {millis} [nx|xx|gt|lt]",
            "expireat {key} {unix} [nx|xx|gt|lt] [xx|gt]",
            "pexpireat {key} {unixmillis} [nx|xx|gt|lt]",
            "(expire|pexpire|expireat|pexpireat) {key} {badtime} [nx|xx|gt|lt]",
            "(expireat|pexpireat) {key} {past} [nx|xx|gt|lt]",
            "ttl {key}",
            "pttl {key}",
            "expiretime {key}",
            "pexpiretime {key}",
            "persist {key}",
            "rename {key} {key}",
            "renamenx {key} {key}",
            "copy {key} {key} [db {database}] [replace]",
            "move {key} {database}",
            "randomkey",
            "keys {pattern}",
            "scan (0|x|-|+0) [match {pattern}] [count {count}] [type (string|list|nosuch)] [count]",
            "dbsize",
            "object encoding {key}",
            "object refcount {key}",
            "object idletime {key}",
            "object freq {key}",
            "memory usage {key} [samples {digit}] [samples -1] [foo]",
            "dump {key}",
            "restore {key} (0|{millis}|-1|x) {payload} [replace] [absttl] [idletime {digit}|freq {digit}|freq 256] [foo]",
            "restore-asking {key} (0|{millis}) {payload} [replace] [absttl]",
            "flushdb [sync|async|foo]",
            "flushall [sync|async] [async]",
            "swapdb {digit} {database}",
            "select {digit}");

    /** What waits, for as short a time as there is. */
    private static final List<String> BLOCKING = List.of(
            "(blpop|brpop) {list} [{list}] (0.01|0.01|0.01|-1|x|1e400|nan)",
            "blmove {list} {list} (left|right) (left|right|x) 0.01",
            "brpoplpush {list} {list} (0.01|0.01|-1)",
            "blmpop 0.01 (1|1|0|x) {list} (left|right) [count {digit}]",
            "(bzpopmin|bzpopmax) {zkey} [{zkey}] 0.01",
            "bzmpop 0.01 1 {zkey} (min|max) [count {digit}]");

    /** All of them; a template's chance is its share of the lines. */
    static final List<String> ALL = Stream.of(
                    STRINGS_AND_KEYS,
                    BLOCKING,
                    BitmapTemplates.LINES,
                    HashTemplates.LINES,
                    SetTemplates.LINES,
                    StreamTemplates.LINES,
                    ListTemplates.LINES,
                    SortedSetTemplates.LINES)
            .flatMap(List::stream)
            .toList();

    /** Commands whose replies are arrays in no order. */
    static final Set<String> UNORDERED = Set.of(
            "keys",
            "hgetall",
            "hkeys",
            "hvals",
            "hscan",
            "smembers",
            "sinter",
            "sunion",
            "sdiff",
            "sscan",
            "spop",
            "zscan");

    private Templates() {}
}

package io.cairn.command;

import java.util.List;

/** Calls of the commands of lists, for {@link RedisDifferentialIT}. */
final class ListTemplates {
    static final List<String> LINES = List.of(
            "rpush {list} {element}*",
            "rpush {list} {value} {element}* {value}",
            "lpush {list} {element}*",
            "lpush {list} {element}* {value} {element}",
            "(rpush|lpush) {list} {element} {element} {element} {element} {element} {element} {element} {element} {element}",
            "(rpush|lpush) {list} {text} {text} {text} {text}",
            "(rpushx|lpushx) {list} {element}*",
            "rpop {list} [{count}|{digit}|x|-1] [1]",
            "lpop {list} [{count}|{digit}|x|-1] [1]",
            "llen {list}",
            "lindex {list} {index}",
            "lindex {list} {integer}",
            "lset {list} {index} {element}",
            "lset {list} {index} {value}",
            "lrange {list} {index} {index}",
            "lrange {list} {integer} {integer}",
            "lrange {list} 0 -1",
            "ltrim {list} {index} {index}",
            "ltrim {list} {integer} {integer}",
            "ltrim {list} 0 {index}",
            "lrem {list} {index} {element}",
            "lrem {list} {digit} {element}",
            "lrem {list} {integer} {element}",
            "linsert {list} (before|after|middle) {element} {element}",
            "linsert {list} (before|after) {element} {value}",
            "lpos {list} {element} [rank {index}] [count {digit}] [maxlen {digit}] [rank]",
            "lpos {list} {element} [rank {integer}] [count {integer}] [maxlen {integer}] [foo 1]",
            "lmove {list} {list} (left|right) (left|right)",
            "lmove {list} {list} (left|up) (left|right|up)",
            "rpoplpush {list} {list}",
            "lmpop (1 {list}|2 {list} {list}|3 {list} {list} {list}|0 {list}|x {list}) (left|right|up) [count (1|2|5|0|x)] [count 1]",
            "lmpop ({digit}|9223372036854775807) {list} (left|right) [count {integer}]",
            "(copy|rename) {list} {list}",
            "copy {list} {list} replace",
            "(type|del|ttl|persist|exists) {list}",
            "object encoding {list}",
            "expire {list} {seconds}",
            "set {list} {value}",
            "get {list}",
            "dump {list}",
            "restore {list} 0 {payload} [replace]");

    /** Commands that make the key "payload", whose dump RESTORE is given. */
    static final List<String> PAYLOADS = List.of(
            "rpush payload a 1 b -5 70000 9999999999",
            "rpush payload " + "word 17 -400 ".repeat(300),
            "rpush payload " + "x".repeat(9000) + " " + "y".repeat(5000) + " z");

    private ListTemplates() {}
}

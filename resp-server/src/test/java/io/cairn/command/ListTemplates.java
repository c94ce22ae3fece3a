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
            "(copy|rename) {queue} {queue}",
            "copy {queue} {queue} replace",
            "(type|del|ttl|persist|exists) {list}",
            "object encoding {list}",
            "expire {list} {seconds}",
            "rpush {numbers} {index} {index} {index} {digit} (1.5|0x10|-1e3|7)",
            "rpush {numbers} {float}",
            "del {numbers}",
            "(sort|sort_ro) {numbers} [by (k*|hash*->f1|nosort|*)] [limit {index} {index}] [get (#|k*|hash*->f1|none)] [get #] [asc|desc]",
            "(sort|sort_ro) {queue} [by (k*|hash*->f1|nosort)] [limit {index} {integer}] [get (#|k*)] [asc|desc] [foo|limit 1]",
            "sort {queue} alpha [limit {index} {index}] [asc|desc] [get k*] [store {list}]",
            "sort {queue} by k* alpha [asc|desc] [get (#|k*)] [store {list}]",
            "sort {members} [limit {index} {index}] [alpha] [asc|desc] [get k*]",
            "sort {members} by nosort [asc|desc] [get k*] store {list}",
            // Redis makes a skip list of what it sorts: nobody asks for the encoding of these.
            "zadd {sorted} {digit} {index} {digit} {index} {digit} {index}",
            "sort_ro {sorted} [by k*] [limit {index} {index}] [asc|desc]",
            "sort {sorted} by nosort [limit {index} {index}] [asc|desc] [store {list}]",
            "sort {sorted} alpha [limit {index} {index}] [asc|desc]",
            "set {list} {value} [xx]",
            "get {list}",
            "dump {list}",
            "restore {restored} 0 {payload} [replace]",
            "lrange {restored} 0 -1",
            "(lpush|rpush) {restored} {element}*",
            "ltrim {restored} {index} {index}",
            "lindex {restored} {index}");

    /** Commands that make the key "payload", whose dump RESTORE is given. */
    static final List<String> PAYLOADS = List.of(
            "rpush payload a 1 b -5 70000 9999999999",
            "rpush payload " + "word 17 -400 ".repeat(300),
            "rpush payload " + "x".repeat(9000) + " " + "y".repeat(5000) + " z");

    private ListTemplates() {}
}

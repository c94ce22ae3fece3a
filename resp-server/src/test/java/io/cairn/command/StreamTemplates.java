package io.cairn.command;

import java.util.List;

/** Calls of the stream commands for {@link RedisDifferentialIT}; see {@link CommandTemplate}. */
final class StreamTemplates {
    static final List<String> LINES = List.of(
            "xadd {stream} {newid} {sfield} {value}",
            "xadd {stream} {newid} {sfield} {value} {sfield} {value}",
            "xadd {stream} {newid} f {value}",
            "xadd {stream} {newid} f {value} f2 {value}",
            "xadd {stream} [nomkstream] [(maxlen|minid) [=|~] {newid}] {newid} f {value}",
            "xadd {stream} maxlen [=|~] {digit}{digit} [limit {count}] {newid} f {value}",
            "xadd {stream} minid [=|~] {streamid} [limit {count}] {newid} f {value}",
            "xadd {stream} [maxlen|minid 1 maxlen 2|limit 5|maxlen -1|maxlen x|limit -1|maxlen ~ 3 limit 0] {newid} {sfield} [{value}]",
            "xlen {stream}",
            "xrange {stream} {sbound} {sbound} [count {count}]",
            "xrange {stream} - + [count {count}]",
            "xrevrange {stream} {sbound} {sbound} [count {count}]",
            "xrevrange {stream} + - [count {count}|count|foo]",
            "xread [count {count}] [block (1|-1|x)] streams {stream} {streamid}",
            "xread [count {count}] streams {stream} {stream} {streamid} {streamid}",
            "xread [count {count}|noack|group g c|count] streams {stream} ({streamid}|$|>|{streamid} {streamid})",
            "xread streams {stream} {streamid}",
            "xdel {stream} {streamid}*",
            "xdel {stream} {streamid}",
            "xtrim {stream} (maxlen|minid) [=|~] {streamid} [limit {count}]",
            "xtrim {stream} maxlen [=|~] {digit}{digit} [limit {count}]",
            "xtrim {stream} [minid {streamid}] [maxlen 3] [limit 3] [foo]",
            "xsetid {stream} {newid} [maxdeletedid {streamid}]",
            "xsetid {stream} {streamid} [entriesadded {count}] [maxdeletedid {streamid}] [foo]",
            "xinfo stream {stream}",
            "xinfo stream {stream} [full] [count {count}]",
            "xinfo groups {stream}",
            "xinfo consumers {stream} {group}",
            "xgroup create {stream} {group} ({streamid}|$) [mkstream] [entriesread {count}]",
            "xgroup create {stream} {group} 0 mkstream",
            "xgroup create {stream} {group} 0",
            "xgroup setid {stream} {group} ({streamid}|$|0) [entriesread {count}] [foo]",
            "xgroup (destroy {stream} {group}|create {stream} {group} $ mkstream|create {stream} {group} 0 mkstream)",
            "xgroup createconsumer {stream} {group} {consumer}",
            "xgroup delconsumer {stream} {group} {consumer}",
            "xreadgroup group {group} {consumer} [count {count}] streams {stream} >",
            "xreadgroup group {group} {consumer} [count {count}] [noack] streams {stream} >",
            "xreadgroup group {group} {consumer} [count {count}] [block 1] [noack] streams {stream} {streamid}",
            "xreadgroup group {group} {consumer} [count {count}] streams {stream} {stream} (>|{streamid}|$) (>|{streamid})",
            "xreadgroup group {group} {consumer} [count 1] streams {stream} >",
            "xack {stream} {group} {streamid}*",
            "xclaim {stream} {group} {consumer} {minidle} {streamid}* [idle {idle}|time {past}] [retrycount {count}] [force]"
                    + " [justid] [lastid {streamid}] [foo]",
            "xclaim {stream} {group} {consumer} 0 {streamid}* [force] [justid]",
            "xautoclaim {stream} {group} {consumer} {minidle} {sbound} [count {count}] [justid] [foo]",
            "xautoclaim {stream} {group} {consumer} 0 - [count {count}]",
            "xpending {stream} {group}",
            "xpending {stream} {group} [idle {minidle}] {sbound} {sbound} {count} [{consumer}] [foo]",
            "xpending {stream} {group} - + 10 [{consumer}]",
            "(xlen|xlen|xlen|del) {stream}",
            "copy {stream} {stream} [replace]");

    /** Keys that are mostly streams. */
    static final List<String> KEYS = List.of("s0", "s1");

    /** Commands that make a key "payload", whose DUMP is given to RESTORE. */
    static final List<List<String>> PAYLOADS = List.of(
            List.of("xadd payload 1-1 f v"),
            List.of(
                    "xadd payload 1-1 f v g 700",
                    "xadd payload 1-2 f x g y",
                    "xadd payload 2-1 other v",
                    "xdel payload 1-2",
                    "xgroup create payload g0 0",
                    "xreadgroup group g0 c1 streams payload >",
                    "xgroup create payload g1 2-1",
                    "xgroup createconsumer payload g1 c2"));

    private static final long TOLERANCE_MILLIS = 3000;

    /** True if two replies differ in times only, and not by much: in what stands behind seen-time or idle, or before a number of deliveries. */
    static boolean same(String expected, String actual) {
        String[] theirs = expected.split("\r\n", -1);
        String[] ours = actual.split("\r\n", -1);
        if (theirs.length != ours.length) {
            return false;
        }
        for (int i = 0; i < theirs.length; i++) {
            boolean time = i > 0
                    && i + 1 < theirs.length
                    && theirs[i].startsWith(":")
                    && ours[i].startsWith(":")
                    && (theirs[i + 1].startsWith(":") || theirs[i - 1].matches("seen-time|idle"));
            if (!theirs[i].equals(ours[i])
                    && !(time
                            && Math.abs(Long.parseLong(theirs[i].substring(1)) - Long.parseLong(ours[i].substring(1)))
                                    <= TOLERANCE_MILLIS)) {
                return false;
            }
        }
        return true;
    }

    private StreamTemplates() {}
}

package io.cairn.command;

import java.util.List;

/** Calls of sorted sets and geo, for {@link RedisDifferentialIT}. */
final class SortedSetTemplates {
    /**
     * Ranges of members are compared on keys whose members all have the score 0: elsewhere Redis answers by chance. Distances are stored under a key
     * of their own, whose scores are not looked at: the C library does not always round sine and arc sine to the nearest double.
     */
    static final List<String> LINES = List.of(
            "zadd {zkey} {score} {member} [{score} {member}] [{score} {member}]",
            "zadd {zkey} {score} {member} {score} {member} {score} {member} {score} {member} {score} {member}",
            "zadd {zkey} [nx|xx] [gt|lt] [ch] {score} {member} [{score} {member}]",
            "zadd {zkey} [nx|xx] [gt|lt] [ch] incr {score} {member} [{score} {member}]",
            "zadd {zkey} (nx xx|gt lt|nx gt|{member}|nx|incr {score}) {score} {member}",
            "zincrby {zkey} {score} {member}",
            "zrem {zkey} {member}*",
            "zscore {zkey} {member}",
            "zmscore {zkey} {member}*",
            "zcard {zkey}",
            "zcount {zkey} {bound} {bound}",
            "(zrank|zrevrank) {zkey} {member}",
            "zrange {zkey} {rank} {rank} [withscores]",
            "zrange {zkey} {rank} {rank} [rev] [withscores] [limit 0 1]",
            "zrange {zkey} {bound} {bound} byscore [rev] [limit {rank} {rank}] [withscores]",
            "zrange {zkey} {bound} {bound} (byscore bylex|rev rev|limit 1|foo|limit x 1|bylex withscores)",
            "zrevrange {zkey} {rank} {rank} [withscores]",
            "zrangebyscore {zkey} {bound} {bound} [withscores] [limit {rank} {rank}]",
            "zrevrangebyscore {zkey} {bound} {bound} [withscores] [limit {rank} {rank}]",
            "(zrangebyscore|zrevrange|zrangebylex) {zkey} {bound} {bound} (rev|byscore|bylex|limit)",
            "zrangestore {zkey} {zkey} {rank} {rank} [rev]",
            "zrangestore {zkey} {zkey} {bound} {bound} byscore [rev] [limit {rank} {rank}]",
            "zrangestore {lkey} {lkey} {lex} {lex} bylex [rev] [limit {rank} {rank}]",
            "zrangestore {zkey} {zkey} {rank} {rank} (withscores|limit 1 2|foo)",
            "zremrangebyrank {zkey} {rank} {rank}",
            "zremrangebyscore {zkey} {bound} {bound}",
            "zadd {lkey} 0 {member} 0 {member} 0 {member} 0 {member}",
            "zlexcount {lkey} {lex} {lex}",
            "zrangebylex {lkey} {lex} {lex} [limit {rank} {rank}]",
            "zrevrangebylex {lkey} {lex} {lex} [limit {rank} {rank}]",
            "zrange {lkey} {lex} {lex} bylex [rev] [limit {rank} {rank}]",
            "zremrangebylex {lkey} {lex} {lex}",
            "(zpopmin|zpopmax) {zkey} [{digit}|-1|x|100] [1]",
            "zmpop (1|2|0|x|-1|9) {zkey} [{zkey}] (min|max|foo) [count {digit}|count 100|count -1|count 1 count 2]",
            "zunion (1|2|3|0|x) {zkey} [{zkey}] [{zkey}] [withscores]",
            "(zunion|zinter) 2 {zkey} {zkey} [weights {weight} {weight}] [aggregate (sum|min|max|foo)] [withscores] [foo]",
            "(zunion|zinter) 2 {zkey} {zkey} weights (x 1|1|-1 0|inf -inf) withscores",
            "(zinter|zdiff) (1|2|3) {zkey} [{zkey}] [{zkey}] [withscores]",
            "zdiff 2 {zkey} {zkey} (withscores|weights 1 1|aggregate sum)",
            "zintercard 2 {zkey} {zkey} [limit {digit}|limit -1|limit x|limit] [withscores]",
            "(zunionstore|zinterstore) {zkey} 2 {zkey} {zkey} [weights {weight} {weight}] [aggregate (sum|min|max)]",
            "(zunionstore|zinterstore|zdiffstore) {zkey} (1|2|3|0|x) {zkey} [{zkey}] [{zkey}] [withscores]",
            "(zunion|zinter|zdiff) 2 ({set} {zkey}|{zkey} {set}|{set} {set}) [withscores]",
            "(zunionstore|zinterstore) {zkey} 2 ({set} {zkey}|{zkey} {set}) [weights {weight} {weight}] [aggregate max]",
            "zintercard 2 {set} {zkey} [limit {digit}]",
            "sadd {set} {member}*",
            "zrandmember {zkey} [{rank}|0|x|-9223372036854775808] [withscores|foo]",
            "zscan {zkey} (0|x|-|0) count 10000 [match {pattern}]",
            "zscan {zkey} 0 [match {pattern}] [count 1000] [count|count 0|count x|foo]",
            "geoadd {gkey} [nx|xx] [ch] {lon} {lat} {member} [{lon} {lat} {member}] [{lon} {lat} {member}]",
            "geoadd {gkey} [nx xx|nx|foo] (200 1|1 90|x 1|inf 0|-0.0 {lat}) {member} [{lon}]",
            "geodist {gkey} {member} {member} [m|km|ft|mi|foo] [1]",
            "(geohash|geopos) {gkey} {member}*",
            "georadius {gkey} {lon} {lat} {radius} {unit} [withdist] [withhash] [withcoord] [count {digit}] [asc|desc]",
            "georadius_ro {gkey} {lon} {lat} {radius} {unit} [withdist] [count 2 any|any|count 0|store z1] [asc|desc]",
            "georadiusbymember {gkey} {member} {radius} {unit} [withdist] [withcoord] [asc|desc] [count 5]",
            "georadiusbymember_ro {gkey} {member} {radius} {unit} [withhash] [desc]",
            "georadius {gkey} {lon} {lat} {radius} {unit} (store {zkey}|storedist d0) [count 3] [asc|desc] [withdist]",
            "georadiusbymember {gkey} {member} {radius} {unit} (store {zkey}|storedist d0) [desc]",
            "geosearch {gkey} (frommember {member}|fromlonlat {lon} {lat}) byradius {radius} {unit} (asc|desc) [withdist]"
                    + " [withcoord] [withhash] [count 3]",
            "geosearch {gkey} (frommember {member}|fromlonlat {lon} {lat}) bybox {radius} {radius} {unit} [asc|desc]"
                    + " [withdist] [count 2] [count 2 any]",
            "geosearch {gkey} (frommember {member} fromlonlat {lon} {lat} byradius 1 m|byradius 1 m asc desc any|"
                    + "frommember {member} asc desc any|fromlonlat {lon} {lat} byradius 1 m bybox 1 1 m|"
                    + "frommember {member} byradius 1 m storedist)",
            "zrange d0 0 -1",
            "geosearchstore d0 {gkey} fromlonlat {lon} {lat} byradius {radius} {unit} storedist",
            "geosearchstore {zkey} {gkey} (frommember {member}|fromlonlat {lon} {lat}) (byradius|bybox {radius})"
                    + " {radius} {unit} [asc|desc] [count 3]",
            "geosearchstore {zkey} {gkey} frommember {member} byradius 1 m (withdist|withcoord|withhash|any|asc)",
            "del {zkey}",
            "(type|object encoding|exists|persist) {zkey}",
            "expire {zkey} {seconds}",
            "pexpiretime {zkey}",
            "rename {zkey} {zkey}",
            "copy {zkey} {zkey} [replace]",
            "dump {zkey}");

    private SortedSetTemplates() {}
}

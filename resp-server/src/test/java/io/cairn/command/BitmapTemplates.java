package io.cairn.command;

import java.util.List;

/** Calls of the bitmap and HyperLogLog families, in the notation of {@link CommandTemplate}. */
final class BitmapTemplates {
    static final List<String> LINES = List.of(
            "setbit {key} {bitoffset} (0|1)",
            "setbit {key} {bitoffset} (0|1|2|-1|x)",
            "getbit {key} {bitoffset}",
            "bitcount {key}",
            "bitcount {key} {index} {index} [bit|byte]",
            "bitcount {key} {integer} {integer} [bit|byte|foo]",
            "bitcount {key} {index} [{index} {index} bit]",
            "bitpos {key} (0|1)",
            "bitpos {key} (0|1) {index} [{index}]",
            "bitpos {key} (0|1) {index} {index} [bit|byte|foo]",
            "bitpos {key} (0|1|2|x) {integer} {integer} (bit|byte)",
            "bitop (and|or|xor) {key} {key}*",
            "bitop (and|or|xor|not) {key} {key}",
            "bitop (not|foo) {key} {key}*",
            "bitfield {key} (get {fieldtype} {fieldoffset}|set {fieldtype} {fieldoffset} {fieldvalue}|incrby {fieldtype} {fieldoffset} {fieldvalue})*",
            "bitfield {key} [overflow (wrap|sat|fail|foo)] (set {fieldtype} {fieldoffset} {fieldvalue}|incrby {fieldtype} {fieldoffset} {fieldvalue})* [overflow (wrap|sat|fail)] [incrby {fieldtype} {fieldoffset} {fieldvalue}] [get {fieldtype} {fieldoffset}]",
            "bitfield {key} [get|set {fieldtype} {fieldoffset}|overflow|foo]",
            "bitfield_ro {key} [get {fieldtype} {fieldoffset}] [get {fieldtype} {fieldoffset}] [set u8 0 1]",
            "pfadd {key} {pfelement}*",
            "pfadd {key} [{pfelement}] [{value}]",
            "pfadd {sketch} {pfelement}* [{pfelement}]",
            "pfmerge {key} {key}*",
            "pfmerge {key} [{sketch}]",
            "pfmerge {sketch} {sketch}*",
            "pfcount {sketch}",
            "pfcount {key} {key} [{key}]",
            "pfcount {sketch} {sketch} [{key}]",
            "pfdebug (decode|encoding|todense|foo) {key}",
            "pfdebug (decode|encoding|getreg|decode|decode) ({key}|{sketch}|{sketch})");

    private BitmapTemplates() {}
}

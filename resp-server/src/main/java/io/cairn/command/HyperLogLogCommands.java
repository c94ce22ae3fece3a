package io.cairn.command;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Value;
import java.util.List;

/**
 * HyperLogLog: strings in Redis's own sparse and dense format. Redis: hyperloglog.c.
 *
 * <p>PFCOUNT is a read here and stores nothing: Redis keeps the cardinality that it computed in the value's header, outside of the log of what was
 * asked for. It is computed each time unless the header (of a value made by Redis) has it.
 */
final class HyperLogLogCommands {
    private static final String NOT_A_SKETCH = "WRONGTYPE Key is not a valid HyperLogLog string value.";
    private static final String DAMAGED = "INVALIDOBJ Corrupted HLL object detected";

    private HyperLogLogCommands() {}

    static List<Command> table() {
        KeySpec one = KeySpec.range(1, 1, 1);
        KeySpec all = KeySpec.range(1, -1, 1);
        return List.of(
                Command.data(
                        "pfadd", -2, "write denyoom fast @write @hyperloglog @fast", one, HyperLogLogCommands::pfadd),
                Command.data(
                        "pfcount",
                        -2,
                        "readonly may_replicate @read @hyperloglog @slow",
                        all,
                        HyperLogLogCommands::pfcount),
                Command.data(
                        "pfmerge", -2, "write denyoom @write @hyperloglog @slow", all, HyperLogLogCommands::pfmerge),
                Command.data(
                        "pfdebug",
                        3,
                        "write denyoom admin @write @hyperloglog @admin @slow @dangerous",
                        KeySpec.range(2, 2, 1),
                        HyperLogLogCommands::pfdebug));
    }

    private static boolean isSketch(Call call) {
        if (!StringCommands.isString(call)) {
            return false;
        }
        if (HllFormat.isSketch(call.value)) {
            return true;
        }
        call.reply().error(NOT_A_SKETCH);
        return false;
    }

    /** PFADD key [element ...]. */
    private static void pfadd(Call call) {
        boolean there = StringCommands.find(call, 1);
        if (there && !isSketch(call)) {
            return;
        }
        if (there && HllFormat.encoding(call.value.address) == HllFormat.DENSE) {
            addDense(call);
            return;
        }
        Args args = call.args;
        Value value = call.value;
        long expireAt = there ? value.expireAt : 0;
        try (HllSketch sketch = there ? copy(call) : new HllSketch(sparseBytes(call))) {
            boolean changed = !there;
            boolean damaged = false;
            for (int i = 2; i < args.count() && !damaged; i++) {
                long hash = HllFormat.hash(args.address(i), args.length(i));
                int raised = sketch.raise(HllFormat.index(hash), HllFormat.rank(hash));
                changed |= raised > 0;
                damaged = raised == HllSketch.DAMAGED;
            }
            if (changed) {
                if (!damaged) {
                    HllFormat.invalidate(sketch.address());
                }
                store(call, 1, sketch, expireAt);
                call.changed();
            } else {
                StringCommands.unshare(call, 1);
            }
            if (damaged) {
                // What was added before stays, as in Redis, and nobody is told.
                call.reply().error(DAMAGED);
                return;
            }
            if (changed) {
                call.event('$', "pfadd", 1);
            }
            call.reply().number(changed ? 1 : 0);
        }
    }

    /** The dense form is changed in its place. */
    private static void addDense(Call call) {
        Args args = call.args;
        Value value = call.value;
        boolean changed = false;
        for (int i = 2; i < args.count(); i++) {
            long hash = HllFormat.hash(args.address(i), args.length(i));
            int index = HllFormat.index(hash);
            int rank = HllFormat.rank(hash);
            if (rank > HllFormat.get(value.address, index)) {
                if (!changed) {
                    call.database().resize(args.address(1), args.length(1), call.now(), value.length, value);
                    changed = true;
                }
                HllFormat.set(value.address, index, rank);
            }
        }
        if (changed) {
            HllFormat.invalidate(value.address);
            call.changed();
            call.event('$', "pfadd", 1);
        }
        call.reply().number(changed ? 1 : 0);
    }

    private static HllSketch copy(Call call) {
        return new HllSketch(sparseBytes(call), call.value.address, call.value.length);
    }

    private static long sparseBytes(Call call) {
        return call.keyspace.dataLimits().hllSparseBytes();
    }

    private static void store(Call call, int key, HllSketch sketch, long expireAt) {
        call.database()
                .putString(
                        call.args.address(key),
                        call.args.length(key),
                        sketch.address(),
                        sketch.length(),
                        Value.RAW,
                        expireAt);
    }

    /** PFCOUNT key [key ...]: of all together. */
    private static void pfcount(Call call) {
        if (call.args.count() > 2) {
            byte[] registers = new byte[HllFormat.REGISTERS];
            if (union(call, registers) >= 0) {
                call.reply().number(HllCardinality.of(registers));
            }
            return;
        }
        if (!call.find(1, call.value)) {
            call.reply().number(0);
        } else if (isSketch(call)) {
            long cached = HllFormat.cachedCardinality(call.value.address);
            if (cached >= 0) {
                call.reply().number(cached);
                return;
            }
            long cardinality = HllCardinality.of(call.value.address, call.value.length);
            if (cardinality == -1) {
                call.reply().error(DAMAGED);
            } else {
                call.reply().number(cardinality);
                if (call.isApplied()) {
                    // A primary that is redis-server notes it in the value, and says so by passing the command on.
                    call.database()
                            .resize(
                                    call.args.address(1),
                                    call.args.length(1),
                                    call.now(),
                                    call.value.length,
                                    call.value);
                    HllFormat.cache(call.value.address, cardinality);
                    call.changed();
                }
            }
        }
    }

    /** Raises {@code registers} to those of all keys: 1 if one of them is dense, 0 if none; answers the error and returns -1. */
    private static int union(Call call, byte[] registers) {
        int dense = 0;
        for (int i = 1; i < call.args.count(); i++) {
            if (!call.find(i, call.value)) {
                continue;
            }
            if (!isSketch(call)) {
                return -1;
            }
            if (!HllSketch.mergeInto(registers, call.value.address, call.value.length)) {
                call.reply().error(DAMAGED);
                return -1;
            }
            dense |= HllFormat.encoding(call.value.address) == HllFormat.DENSE ? 1 : 0;
        }
        return dense;
    }

    /** PFMERGE destination [source ...]: the destination is one of the sources. */
    private static void pfmerge(Call call) {
        byte[] registers = new byte[HllFormat.REGISTERS];
        int dense = union(call, registers);
        if (dense < 0) {
            return;
        }
        boolean there = StringCommands.find(call, 1);
        long expireAt = there ? call.value.expireAt : 0;
        try (HllSketch sketch = there ? copy(call) : new HllSketch(sparseBytes(call))) {
            if (dense > 0) {
                // It was read to its end above: it is not damaged.
                sketch.toDense();
            }
            for (int i = 0; i < registers.length; i++) {
                if (registers[i] != 0) {
                    sketch.raise(i, registers[i]);
                }
            }
            HllFormat.invalidate(sketch.address());
            store(call, 1, sketch, expireAt);
        }
        call.changed();
        call.event('$', "pfadd", 1);
        call.reply().ok();
    }

    /** PFDEBUG GETREG | DECODE | ENCODING | TODENSE key. */
    private static void pfdebug(Call call) {
        if (!StringCommands.find(call, 2)) {
            call.reply().error("ERR The specified key does not exist");
            return;
        }
        if (!isSketch(call)) {
            return;
        }
        StringCommands.unshare(call, 2);
        boolean sparse = HllFormat.encoding(call.value.address) == HllFormat.SPARSE;
        if (call.args.is(1, "getreg")) {
            if (sparse && !storeDense(call)) {
                return;
            }
            call.reply().array(HllFormat.REGISTERS);
            for (int i = 0; i < HllFormat.REGISTERS; i++) {
                call.reply().number(HllFormat.get(call.value.address, i));
            }
        } else if (call.args.is(1, "decode")) {
            if (sparse) {
                decode(call);
            } else {
                call.reply().error("ERR HLL encoding is not sparse");
            }
        } else if (call.args.is(1, "encoding")) {
            call.reply().simple(sparse ? "sparse" : "dense");
        } else if (call.args.is(1, "todense")) {
            if (!sparse || storeDense(call)) {
                call.reply().number(sparse ? 1 : 0);
            }
        } else {
            call.reply().error("ERR Unknown PFDEBUG subcommand '" + ErrorText.argument(call.args, 1) + "'");
        }
    }

    /** Stores the dense form of the value found; false if it is damaged, with the error answered. */
    private static boolean storeDense(Call call) {
        try (HllSketch sketch = copy(call)) {
            if (!sketch.toDense()) {
                call.reply().error(DAMAGED);
                return false;
            }
            store(call, 2, sketch, call.value.expireAt);
        }
        call.changed();
        return StringCommands.find(call, 2);
    }

    private static void decode(Call call) {
        StringBuilder runs = new StringBuilder();
        long end = call.value.address + call.value.length;
        int run;
        for (long at = call.value.address + HllFormat.HEADER_BYTES; at < end; at += HllFormat.bytes(run)) {
            run = Memory.getByte(at);
            runs.append(runs.isEmpty() ? "" : " ");
            if (HllFormat.isValue(run)) {
                runs.append("v:").append(HllFormat.value(run)).append(',');
            } else {
                runs.append(HllFormat.isLong(run) ? "Z:" : "z:");
            }
            runs.append(HllFormat.registers(at, end));
        }
        call.reply().bulk(runs.toString());
    }
}

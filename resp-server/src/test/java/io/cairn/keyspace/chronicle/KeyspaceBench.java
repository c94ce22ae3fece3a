package io.cairn.keyspace.chronicle;

import io.cairn.keyspace.Database;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.Value;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Times single operations, lock and hash slot included; not a test. Arguments: keys, stripes, rounds. Run it with the
 * JVM flags of the root pom (jvm.flags).
 */
public final class KeyspaceBench {
    private static final int KEY_BYTES = 20;
    private static final int VALUE_BYTES = 100;

    private final ChronicleKeyspace keyspace;
    private final Database database;
    private final long key = Memory.allocate(KEY_BYTES);
    private final long bytes = Memory.allocate(VALUE_BYTES);
    private final Value value = new Value();
    private long random = 88172645463325252L;
    private long sink;

    private KeyspaceBench(int stripes) {
        this.keyspace = new ChronicleKeyspace(KeyspaceOptions.defaults().withStripes(stripes));
        this.database = keyspace.database(0);
    }

    private interface Operation {
        void run();
    }

    private void name(long n) {
        long left = n;
        for (int i = KEY_BYTES - 1; i >= 0; i--) {
            Memory.putByte(key + i, (byte) ('0' + left % 10));
            left /= 10;
        }
    }

    private long next(long bound) {
        random ^= random << 13;
        random ^= random >>> 7;
        random ^= random << 17;
        return Long.remainderUnsigned(random, bound);
    }

    private void locked(Operation operation) {
        int stripe = keyspace.stripeOf(Slots.of(key, KEY_BYTES));
        keyspace.lock(stripe);
        try {
            operation.run();
        } finally {
            keyspace.unlock(stripe);
        }
    }

    private void time(String what, long count, long keys, Operation operation) {
        long start = cpuNanos();
        for (long i = 0; i < count; i++) {
            name(next(keys));
            locked(operation);
        }
        System.out.printf("  %-14s %6.0f ns%n", what, (cpuNanos() - start) / (double) count);
    }

    /** CPU time of this thread: other programs on the machine disturb it less than the clock on the wall. */
    private static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static long residentKb() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElse(0);
    }

    public static void main(String[] arguments) throws IOException {
        long keys = Long.parseLong(arguments[0]);
        int stripes = Integer.parseInt(arguments[1]);
        int rounds = Integer.parseInt(arguments[2]);
        KeyspaceBench bench = new KeyspaceBench(stripes);
        long before = residentKb();
        Operation set = () -> bench.database.putString(bench.key, KEY_BYTES, bench.bytes, VALUE_BYTES, Value.BYTES, 0);
        long start = cpuNanos();
        long worst = 0;
        for (long i = 0; i < keys; i++) {
            bench.name(i);
            long from = System.nanoTime();
            bench.locked(set);
            worst = Math.max(worst, System.nanoTime() - from);
        }
        System.out.printf(
                "%d keys, %d stripes: fill %.0f ns, worst %.1f ms, resident %.1f B/key, used %.1f B/key%n",
                keys,
                stripes,
                (cpuNanos() - start) / (double) keys,
                worst / 1e6,
                (residentKb() - before) * 1024.0 / keys,
                bench.keyspace.usedBytes() / (double) keys);
        for (int round = 0; round < rounds; round++) {
            bench.round(keys, set);
        }
        System.out.println("  (" + bench.sink + ")");
        start = System.nanoTime();
        bench.keyspace.close();
        System.out.printf(
                "close %.0f ms, resident after %d kB (before %d)%n",
                (System.nanoTime() - start) / 1e6, residentKb(), before);
    }

    private void round(long keys, Operation set) {
        long count = Math.min(keys, 1_000_000);
        time("name+lock", count, keys, () -> sink++);
        time("get", count, keys, () -> {
            database.find(key, KEY_BYTES, 1, value);
            sink += value.length;
        });
        time("get missing", count, keys, () -> {
            Memory.putByte(key, (byte) 'x');
            sink += database.find(key, KEY_BYTES, 1, value) ? 1 : 0;
        });
        time("set in place", count, keys, set);
        time(
                "set other size",
                count,
                keys,
                () -> database.putString(key, KEY_BYTES, bytes, VALUE_BYTES - (int) (random & 31), Value.BYTES, 0));
        time("remove + set", count, keys, () -> {
            database.remove(key, KEY_BYTES, 1);
            set.run();
        });
        time("incr", count, keys, () -> {
            long number = database.find(key, KEY_BYTES, 1, value) && value.encoding == Value.INT ? value.number : 0;
            database.putNumber(key, KEY_BYTES, number + 1, 0);
        });
        time("incr again", count, keys, () -> {
            long number = database.find(key, KEY_BYTES, 1, value) && value.encoding == Value.INT ? value.number : 0;
            database.putNumber(key, KEY_BYTES, number + 1, 0);
        });
        for (long i = 0; i < keys; i++) {
            name(i);
            locked(set);
        }
    }
}

package io.cairn.command;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** PFSELFTEST: registers keep what they are given, and estimates are within bounds. It takes seconds, so it runs on a thread of its own. Redis: pfselftestCommand. */
final class DebugHyperLogLog {
    private static final Logger LOG = LoggerFactory.getLogger(DebugHyperLogLog.class);
    private static final int CYCLES = 1000;
    private static final long ELEMENTS = 10_000_000;
    private static final int MAX_REGISTER = 63;
    /** hll-sparse-max-bytes while it is tested. */
    private static final int SPARSE_BYTES = 3000;

    private final AtomicBoolean running = new AtomicBoolean();

    List<Command> table() {
        return List.of(
                Command.session("pfselftest", 1, "admin @hyperloglog @admin @slow @dangerous", this::pfselftest));
    }

    private void pfselftest(SessionCall call) {
        if (!running.compareAndSet(false, true)) {
            call.reply().error("ERR a self-test of this node is running already");
            return;
        }
        SessionCall.Later later = call.later();
        Thread thread = new Thread(
                () -> {
                    String failure;
                    try {
                        failure = run(new SplittableRandom(), ELEMENTS);
                    } catch (RuntimeException | OutOfMemoryError e) {
                        LOG.error("PFSELFTEST failed", e);
                        failure = "ERR the self-test failed: " + e;
                    } finally {
                        running.set(false);
                    }
                    String error = failure;
                    later.complete(reply -> {
                        if (error == null) {
                            reply.ok();
                        } else {
                            reply.error(error);
                        }
                    });
                },
                "pfselftest");
        thread.setDaemon(true);
        thread.start();
    }

    /** The error line of what is wrong, null if nothing is. */
    static @Nullable String run(SplittableRandom random, long elements) {
        String failure = registers(random);
        return failure != null ? failure : estimates(random.nextLong(), elements);
    }

    private static @Nullable String registers(SplittableRandom random) {
        NativeBlock block = NativeBlock.allocate(HllFormat.DENSE_BYTES);
        try {
            Memory.zero(block.address(), HllFormat.DENSE_BYTES);
            byte[] expected = new byte[HllFormat.REGISTERS];
            for (int cycle = 0; cycle < CYCLES; cycle++) {
                for (int i = 0; i < expected.length; i++) {
                    expected[i] = (byte) random.nextInt(MAX_REGISTER + 1);
                    HllFormat.set(block.address(), i, expected[i]);
                }
                for (int i = 0; i < expected.length; i++) {
                    int actual = HllFormat.get(block.address(), i);
                    if (actual != expected[i]) {
                        return "TESTFAILED Register " + i + " should be " + expected[i] + " but is " + actual;
                    }
                }
            }
            return null;
        } finally {
            block.release();
        }
    }

    private static @Nullable String estimates(long seed, long elements) {
        NativeBlock element = NativeBlock.allocate(Long.BYTES);
        try (HllSketch dense = new HllSketch(SPARSE_BYTES);
                HllSketch sparse = new HllSketch(SPARSE_BYTES)) {
            dense.toDense();
            long checkpoint = 1;
            for (long i = 1; i <= elements; i++) {
                Memory.putLong(element.address(), i ^ seed);
                long hash = HllFormat.hash(element.address(), Long.BYTES);
                dense.raise(HllFormat.index(hash), HllFormat.rank(hash));
                sparse.raise(HllFormat.index(hash), HllFormat.rank(hash));
                if (i == checkpoint) {
                    String failure = check(i, dense, sparse);
                    if (failure != null) {
                        return failure;
                    }
                    checkpoint *= 10;
                }
            }
            return null;
        } finally {
            element.release();
        }
    }

    private static @Nullable String check(long count, HllSketch dense, HllSketch sparse) {
        if (count < SPARSE_BYTES / 2 && sparse.isDense()) {
            return "TESTFAILED sparse encoding not used";
        }
        long estimate = HllCardinality.of(dense.address(), dense.length());
        if (estimate != HllCardinality.of(sparse.address(), sparse.length())) {
            return "TESTFAILED dense/sparse disagree";
        }
        double relative = 1.04 / Math.sqrt(HllFormat.REGISTERS);
        long error = Math.abs(count - estimate);
        // Ten elements seldom fall together, but when they do it counts for more.
        long bound = count == 10 ? 1 : (long) Math.ceil(relative * 6 * count);
        return error > bound ? "TESTFAILED Too big error. card:" + count + " abserr:" + error : null;
    }
}

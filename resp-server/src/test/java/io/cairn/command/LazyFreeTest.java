package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class LazyFreeTest {
    private static final long WAIT_NANOS = 10_000_000_000L;

    @Test
    void largeObjectsAreFreedByAThreadOfTheirOwnAndCounted() {
        try (CommandHarness harness = new CommandHarness(false)) {
            StringBuilder large = new StringBuilder("sadd large");
            for (int i = 0; i < 1000; i++) {
                large.append(" member").append(i);
            }
            harness.run(large.toString());
            harness.run("sadd small a b c");
            harness.run("unlink small");
            assertThat(harness.keyspace.freed()).isZero();
            harness.run("unlink large");
            long end = System.nanoTime() + WAIT_NANOS;
            while (harness.keyspace.freed() == 0 && System.nanoTime() < end) {
                LockSupport.parkNanos(1_000_000);
            }
            assertThat(harness.keyspace.freed()).isOne();
            harness.keyspace.resetFreed();
            assertThat(harness.keyspace.freed()).isZero();
        }
    }
}

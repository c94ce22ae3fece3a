package io.cairn.raft.shards;

import java.util.function.LongSupplier;

/**
 * How a source streams slots; asked again and again.
 *
 * @param maxBytesPerSecond 0 for no bound
 * @param handoffLagBytes the slots are frozen once no more than this is on its way
 * @param pauseMillis slots that are frozen for longer are given back, and the stream begins anew
 */
public record MigrationSettings(
        LongSupplier maxBytesPerSecond, LongSupplier handoffLagBytes, LongSupplier pauseMillis) {
    /** No bound, 1 MB, 10 s. */
    public static final MigrationSettings DEFAULT = new MigrationSettings(() -> 0, () -> 1 << 20, () -> 10_000);
}

package io.cairn.server;

import io.cairn.config.Config;
import io.cairn.config.Keys;
import io.cairn.keyspace.Keyspace;
import io.cairn.mode.RecordClock;
import io.cairn.mode.StandaloneMode;
import java.util.ArrayList;
import java.util.List;

/**
 * Deletes expired keys and fields of hashes that nobody asks for, a bounded part at each tick (Redis: activeExpireCycle, the same meaning of
 * hz and active-expire-effort). On the cron thread.
 */
final class ActiveExpiry {
    /** Volatile keys looked at in one step (Redis: ACTIVE_EXPIRE_CYCLE_KEYS_PER_LOOP), and more by a quarter per effort. */
    private static final int KEYS_PER_STEP = 20;
    /** Share of a tick's time that may be spent, percent (Redis: ACTIVE_EXPIRE_CYCLE_SLOW_TIME_PERC). */
    private static final int TIME_PERCENT = 25;
    /** Stale keys that are not worth another step, percent (Redis: ACTIVE_EXPIRE_CYCLE_ACCEPTABLE_STALE). */
    private static final int ACCEPTABLE_STALE_PERCENT = 10;

    /** {@code fields} is empty when the key itself is expired. */
    private record Found(int database, byte[] key, long expireAt, long version, List<byte[]> fields) {}

    private final Keyspace keyspace;
    private final Config config;
    private final NodeParts parts;
    private final StandaloneMode mode;
    private final RecordClock clock;
    private final List<Found> found = new ArrayList<>();
    private final Keyspace.ExpiredKey sink = new Keyspace.ExpiredKey() {
        @Override
        public void expired(int database, byte[] key, long expireAt, long version) {
            found.add(new Found(database, key, expireAt, version, List.of()));
        }

        @Override
        public void fieldsExpired(int database, byte[] key, List<byte[]> fields) {
            found.add(new Found(database, key, 0, 0, fields));
        }
    };

    ActiveExpiry(NodeParts parts, StandaloneMode mode, RecordClock clock) {
        this.parts = parts;
        this.keyspace = parts.keyspace();
        this.config = parts.config();
        this.mode = mode;
        this.clock = clock;
    }

    void tick() {
        int effort = config.get(Keys.ACTIVE_EXPIRE_EFFORT) - 1;
        int limit = KEYS_PER_STEP + KEYS_PER_STEP / 4 * effort;
        long budgetNanos = 1_000_000_000L / config.get(Keys.HZ) * (TIME_PERCENT + 2L * effort) / 100;
        int acceptable = ACCEPTABLE_STALE_PERCENT - effort;
        long deadline = System.nanoTime() + budgetNanos;
        while (true) {
            found.clear();
            int looked = keyspace.collectExpired(clock.readTime(), limit, sink);
            int expired = 0;
            int dropped = 0;
            for (Found key : found) {
                if (!key.fields.isEmpty()) {
                    mode.expireFields(key.database, key.key, key.fields);
                    dropped++;
                } else if (mode.expire(key.database, key.key, key.expireAt, key.version)) {
                    expired++;
                }
            }
            parts.stats().expired(expired);
            if (looked == 0
                    || expired + dropped == 0
                    || found.size() * 100 <= looked * acceptable
                    || System.nanoTime() >= deadline) {
                return;
            }
        }
    }
}

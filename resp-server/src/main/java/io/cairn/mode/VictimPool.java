package io.cairn.mode;

import io.cairn.config.MaxmemoryPolicy;
import io.cairn.keyspace.AccessTracking;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Keyspace.KeySample;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Slots;
import io.cairn.rdb.Crc64;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntPredicate;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Chooses keys to evict: samples a few of each database and keeps the best of all samples in a pool, from which the best goes first. What it has
 * may be gone or changed: the version tells. Redis: evictionPoolPopulate, performEvictions. Not thread-safe.
 */
final class VictimPool implements KeySample {
    /** Redis: EVPOOL_SIZE. */
    private static final int SIZE = 16;
    /** Looks without a key before giving up: stripes may be locked, keys may be on their way out. */
    private static final int MAX_TRIES = 32;

    /** A key to evict. Valid until the next call of {@link #next}. */
    static final class Victim {
        int database;
        byte[] key = new byte[64];
        int length;
        long version;
        /** Of key and version: keys that one write stored have one version. */
        long identity;
        /** What its removal frees, about. */
        long bytes;

        private long worth;

        private void set(int ofDatabase, long address, int keyLength, long keyBytes, long keyWorth) {
            database = ofDatabase;
            if (key.length < keyLength) {
                key = new byte[keyLength];
            }
            Memory.copy(address, key, 0, keyLength);
            length = keyLength;
            bytes = keyBytes;
            worth = keyWorth;
        }
    }

    private final MemoryLimit limit;
    private final Keyspace keyspace;
    private final LongPredicate skipped;
    private final SplittableRandom chance =
            new SplittableRandom(ThreadLocalRandom.current().nextLong());
    /** The worthiest last; behind {@link #size} spare ones. */
    private final Victim[] pool = new Victim[SIZE];

    private int size;
    private Victim out = new Victim();
    private MaxmemoryPolicy policy = MaxmemoryPolicy.NOEVICTION;
    private int sampling;
    private int nextDatabase;
    private long now;
    private boolean blocked;
    private int databases;
    private IntPredicate evictable = slot -> true;

    /** @param skipped identities of keys that are on their way out already */
    VictimPool(MemoryLimit limit, LongPredicate skipped) {
        this.limit = limit;
        this.keyspace = limit.keyspace();
        this.databases = keyspace.databases();
        this.skipped = skipped;
        for (int i = 0; i < SIZE; i++) {
            pool[i] = new Victim();
        }
    }

    /** Keys of slots that this is not true of are left alone: their removal would be refused, again and again. */
    void onlySlots(IntPredicate slots) {
        evictable = slots;
    }

    /** Keys of the first database only are evicted. */
    void onlyFirstDatabase() {
        databases = 1;
    }

    /** The next key to evict at {@code nowMillis}; null when there is none that could be had. */
    @Nullable
    Victim next(long nowMillis) {
        MaxmemoryPolicy chosen = limit.policy();
        if (chosen != policy) {
            policy = chosen;
            size = 0; // Their worth is another's.
        }
        now = nowMillis;
        blocked = false;
        if (policy == MaxmemoryPolicy.NOEVICTION) {
            return null;
        }
        for (int tries = 0; tries < MAX_TRIES; tries++) {
            boolean any = policy.random() ? sampleOne() : sampleAll();
            if (size > 0) {
                Victim best = pool[--size];
                pool[size] = out;
                out = best;
                return best;
            }
            if (!any && tries > 0) {
                return null;
            }
        }
        return null;
    }

    /** Samples each database that has keys. False when none has. */
    private boolean sampleAll() {
        boolean any = false;
        for (int number = 0; number < databases; number++) {
            sampling = number;
            any |= shown(keyspace.sample(number, chance.nextLong(), limit.samples(), policy.volatileOnly(), this));
        }
        return any;
    }

    private boolean shown(int keys) {
        blocked |= keys < 0;
        return keys > 0;
    }

    /** True if {@link #next} found none because others hold stripes: there may be one a moment later. */
    boolean blocked() {
        return blocked;
    }

    /** One key of the next database that has any. */
    private boolean sampleOne() {
        size = 0;
        for (int i = 0; i < databases; i++) {
            sampling = nextDatabase++ % databases;
            if (shown(keyspace.sample(sampling, chance.nextLong(), 1, policy.volatileOnly(), this))) {
                nextDatabase %= databases;
                return true;
            }
        }
        return false;
    }

    @Override
    public void key(long key, int keyLength, int access, long expireAt, long version, long bytes) {
        long identity = Crc64.update(version, key, keyLength);
        if (skipped.test(identity) || !evictable.test(Slots.of(key, keyLength))) {
            return;
        }
        long worth = worth(access, expireAt);
        int place = 0;
        while (place < size && pool[place].worth < worth) {
            place++;
        }
        if (size == SIZE) {
            if (place == 0) {
                return;
            }
            place--;
            move(0, place);
        } else {
            move(size++, place);
        }
        Victim chosen = pool[place];
        chosen.set(sampling, key, keyLength, bytes, worth);
        chosen.version = version;
        chosen.identity = identity;
    }

    /** Moves a victim, shifting those between. */
    private void move(int from, int to) {
        Victim moved = pool[from];
        int step = from < to ? 1 : -1;
        for (int i = from; i != to; i += step) {
            pool[i] = pool[i + step];
        }
        pool[to] = moved;
    }

    private long worth(int access, long expireAt) {
        AccessTracking tracking = keyspace.access();
        return switch (policy) {
            case ALLKEYS_LRU, VOLATILE_LRU -> tracking.idleSeconds(access, now);
            case ALLKEYS_LFU, VOLATILE_LFU -> 255 - tracking.frequency(access, now);
            case VOLATILE_TTL -> -expireAt;
            default -> 0;
        };
    }
}

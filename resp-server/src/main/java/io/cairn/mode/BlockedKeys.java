package io.cairn.mode;

import io.cairn.command.KeyEvents;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Slots;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Who waits for which keys of a node, first come first served. A waiter enters itself under the locks of its keys, when
 * its command has found nothing there; what happens to a key later is told by {@link #event}, under the key's lock, so
 * nothing comes between. An event only makes the key ready: {@link #serve} then lets those in its line try again, one
 * after the other, as long as the key is there. Redis: blocked.c. Any thread.
 *
 * <p>Bound: a client waits in one place at a time, for the keys of one command.
 */
public final class BlockedKeys implements KeyEvents {
    /** A client that waits. */
    public interface Waiter {
        /**
         * Runs its command again, here or on a thread of its own, then calls {@code tried} once, whether it got something
         * or not. False, and no call, when it runs already: it will then run once more if that was in vain.
         */
        boolean tryAgain(Runnable tried);

        /** Answers the client an error instead; nothing happens when it was served meanwhile. */
        void unblock(String error);

        /** Whether its command writes. */
        boolean writes();

        /** Whether it must hear that the key is gone (a consumer group goes with its stream). */
        boolean awaitsRemoval();
    }

    /** A key of a database. */
    private record Key(int database, byte[] bytes) {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Key key && key.database == database && Arrays.equals(key.bytes, bytes);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(bytes) + database;
        }
    }

    private final Keyspace keyspace;
    private final boolean serveAtOnce;
    private final Map<Key, LinkedHashSet<Waiter>> lines = new HashMap<>();
    /** Rounds under way, one for a key at most. */
    private final Map<Key, Round> rounds = new HashMap<>();

    private final Queue<Round> begun = new ConcurrentLinkedQueue<>();
    private volatile int keys;

    /**
     * @param serveAtOnce waiters run on threads of their own, so that nobody needs to call {@link #serve}: an event may
     *     have them run although it comes under a lock
     */
    public BlockedKeys(Keyspace keyspace, boolean serveAtOnce) {
        this.keyspace = keyspace;
        this.serveAtOnce = serveAtOnce;
    }

    /** See the constructor. */
    public boolean serveAtOnce() {
        return serveAtOnce;
    }

    /** The waiter stands last in the line of each key that it does not stand in yet. Under the locks of the keys. */
    public synchronized void add(Waiter waiter, int database, List<byte[]> names) {
        for (byte[] name : names) {
            lines.computeIfAbsent(new Key(database, name), first -> new LinkedHashSet<>())
                    .add(waiter);
        }
        keys = lines.size();
    }

    /** The waiter leaves all lines. */
    public synchronized void remove(Waiter waiter, int database, List<byte[]> names) {
        for (byte[] name : names) {
            Key key = new Key(database, name);
            LinkedHashSet<Waiter> line = lines.get(key);
            if (line != null && line.remove(waiter) && line.isEmpty()) {
                lines.remove(key);
            }
        }
        keys = lines.size();
    }

    @Override
    public void event(int database, char type, String event, long address, int length) {
        if (keys == 0) {
            return;
        }
        Round round = begin(new Key(database, Memory.bytes(address, length)));
        if (round != null && serveAtOnce) {
            round.run();
        } else if (round != null) {
            begun.add(round);
        }
    }

    private synchronized @Nullable Round begin(Key key) {
        LinkedHashSet<Waiter> line = lines.get(key);
        if (line == null) {
            return null;
        }
        Round running = rounds.get(key);
        if (running != null) {
            running.again = true;
            return null;
        }
        Round round = new Round(key, new ArrayList<>(line));
        rounds.put(key, round);
        return round;
    }

    /** Lets those run again for whose keys something happened. After each command, without locks of the keyspace. */
    public void serve() {
        if (keys == 0) {
            return;
        }
        for (Round round = begun.poll(); round != null; round = begun.poll()) {
            round.run();
        }
    }

    /** Ends the waiting of all for whom {@code which} holds. */
    public void unblock(Predicate<Waiter> which, String error) {
        List<Waiter> all;
        synchronized (this) {
            all = lines.values().stream()
                    .flatMap(LinkedHashSet::stream)
                    .distinct()
                    .filter(which)
                    .toList();
        }
        all.forEach(waiter -> waiter.unblock(error));
    }

    private boolean isThere(Key key) {
        int length = key.bytes.length;
        long address = Memory.allocate(Math.max(1, length));
        try {
            Memory.copy(key.bytes, 0, address, length);
            int stripe = keyspace.stripeOf(Slots.of(address, length));
            keyspace.lock(stripe);
            try {
                // No key is expired at time 0: whoever runs will see it.
                return keyspace.database(key.database).version(address, length, 0) != 0;
            } finally {
                keyspace.unlock(stripe);
            }
        } finally {
            Memory.free(address, Math.max(1, length));
        }
    }

    /** Those who stood in a key's line when something happened to it, one after the other. */
    private final class Round {
        private final Key key;
        private List<Waiter> line;
        private int next;
        /** Something happened to the key meanwhile. */
        private boolean again;
        /** Where the latest waiter's answer may come: within its call, or later. */
        private boolean within;

        private boolean answered;

        Round(Key key, List<Waiter> line) {
            this.key = key;
            this.line = line;
        }

        /** Goes on until a waiter answers later, or to the end. No recursion however long the line is. */
        void run() {
            while (next < line.size() || more()) {
                Waiter waiter = line.get(next++);
                if (!waiter.awaitsRemoval() && !isThere(key)) {
                    continue;
                }
                synchronized (this) {
                    within = true;
                    answered = false;
                }
                boolean running = waiter.tryAgain(this::tried);
                synchronized (this) {
                    within = false;
                    if (running && !answered) {
                        return;
                    }
                }
            }
        }

        private void tried() {
            synchronized (this) {
                answered = true;
                if (within) {
                    return;
                }
            }
            run();
        }

        /** The line is at its end: true if there is a new one. */
        private boolean more() {
            synchronized (BlockedKeys.this) {
                LinkedHashSet<Waiter> left = lines.get(key);
                if (again && left != null) {
                    again = false;
                    line = new ArrayList<>(left);
                    next = 0;
                    return true;
                }
                rounds.remove(key);
                return false;
            }
        }
    }
}

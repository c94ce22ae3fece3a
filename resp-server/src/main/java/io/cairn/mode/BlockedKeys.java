package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.KeyEvents;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.ValueType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Who waits for which keys of a node, in the order they came. A client is entered under the locks of its keys, when its command has found nothing there;
 * what happens to a key later is told by {@link #event}, under the key's lock, so nothing comes between. An event only makes the key ready: those in its
 * line are let try again by {@link StandaloneServing} and {@link RaftServing}. Redis: blocked.c. Any thread.
 *
 * <p>Bound: a client waits for the keys of one command.
 */
public final class BlockedKeys implements KeyEvents {
    /** A key of a database. */
    record Key(int database, byte[] bytes) {
        int slot() {
            return Slots.of(bytes);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Key key && key.database == database && Arrays.equals(key.bytes, bytes);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(bytes) + database;
        }
    }

    /** A client that waits. Each attempt is a call of its own, which looks at one key. */
    public interface Waiter extends Origin {
        /** What it waits for. */
        ValueType type();

        /** The consumer group that it reads for, null for none. It goes with the key: then the waiting ends. */
        byte @Nullable [] group();

        /** Its keys; not to be changed. */
        List<byte[]> keys();

        Command command();

        /** The number it was given when it came. */
        long order();

        void order(long order);

        /**
         * Begins an attempt that looks at a key: {@link #args} are its arguments. One of {@link #runAlone}, {@link Origin#complete}, {@link Origin#abort},
         * {@link #giveUp} and {@link #end} must follow.
         *
         * @return false if it does not wait any more
         */
        boolean begin(byte[] key);

        /** Arguments of the attempt that has begun. */
        Args args();

        /**
         * Makes the attempt that has begun a call of the node's mode; on its event loop in raft mode.
         *
         * @param tried called once it is over, perhaps within this
         */
        void runAlone(Runnable tried);

        /** The attempt that has begun is not made: it waits on. */
        void giveUp();

        /** Ends the waiting with an error, unless it is over; of an attempt that has begun, too, if that comes to nothing. */
        void end(String error, boolean close);

        /** As {@link #end}, of an attempt that has begun and has failed. */
        void failed(String error, boolean close);
    }

    /** Told of keys that became ready, under their locks. */
    interface Listener {
        void ready(Key key);
    }

    /** Who waits for one key, by their numbers. */
    private static final class Line {
        private final TreeMap<Long, Waiter> lists = new TreeMap<>();
        private final TreeMap<Long, Waiter> sortedSets = new TreeMap<>();
        private final TreeMap<Long, Waiter> streams = new TreeMap<>();

        NavigableMap<Long, Waiter> of(ValueType type) {
            return switch (type) {
                case LIST -> lists;
                case ZSET -> sortedSets;
                default -> streams;
            };
        }

        boolean isEmpty() {
            return lists.isEmpty() && sortedSets.isEmpty() && streams.isEmpty();
        }
    }

    private final Map<Key, Line> lines = new HashMap<>();
    /** Every waiter, by its number. */
    private final TreeMap<Long, Waiter> waiters = new TreeMap<>();
    /** Keys that became ready, in that order, while nobody listens. */
    private final LinkedHashSet<Key> ready = new LinkedHashSet<>();
    /** Lines of keys with a slot: most events concern nobody. */
    private final AtomicIntegerArray linesOfSlot = new AtomicIntegerArray(Slots.COUNT);

    private long lastOrder;
    private volatile int waiting;
    private volatile boolean anyReady;
    private @Nullable Listener listener;
    private @Nullable String refusal;

    /** Keys are told to {@code to} from now on, and {@link #next} finds none. */
    synchronized void whenReady(@Nullable Listener to) {
        listener = to;
    }

    /** The waiter stands last in the line of each of its keys. Under the locks of the keys. */
    public void add(Waiter waiter) {
        String refused;
        synchronized (this) {
            waiter.order(++lastOrder);
            waiters.put(waiter.order(), waiter);
            for (byte[] name : waiter.keys()) {
                Key key = new Key(waiter.database(), name);
                Line line = lines.get(key);
                if (line == null) {
                    line = new Line();
                    lines.put(key, line);
                    linesOfSlot.incrementAndGet(key.slot());
                }
                line.of(waiter.type()).put(waiter.order(), waiter);
            }
            waiting = waiters.size();
            refused = waiter.readonly() ? null : refusal;
        }
        if (refused != null) {
            waiter.end(refused, true);
        }
    }

    /** The waiter leaves all lines. */
    public synchronized void remove(Waiter waiter) {
        if (waiters.remove(waiter.order()) == null) {
            return;
        }
        for (byte[] name : waiter.keys()) {
            Key key = new Key(waiter.database(), name);
            Line line = lines.get(key);
            if (line != null) {
                line.of(waiter.type()).remove(waiter.order());
                if (line.isEmpty()) {
                    lines.remove(key);
                    linesOfSlot.decrementAndGet(key.slot());
                }
            }
        }
        waiting = waiters.size();
    }

    /** Clients that wait. */
    public int waiting() {
        return waiting;
    }

    // ---- what happens to keys

    @Override
    public void event(int database, char type, String event, long address, int length) {
        if (waiting == 0 || type == 'm' || linesOfSlot.get(Slots.of(address, length)) == 0) {
            return;
        }
        becomeReady(new Key(database, Memory.bytes(address, length)));
    }

    @Override
    public void everything() {
        if (waiting == 0) {
            return;
        }
        List<Key> all;
        synchronized (this) {
            all = new ArrayList<>(lines.keySet());
            all.sort((a, b) -> a.database != b.database ? a.database - b.database : Arrays.compare(a.bytes, b.bytes));
        }
        all.forEach(this::becomeReady);
    }

    /** As an event of the key. */
    public void ready(int database, byte[] key) {
        becomeReady(new Key(database, key));
    }

    /** Those in the key's line may try again. */
    void becomeReady(Key key) {
        Listener to;
        synchronized (this) {
            if (!lines.containsKey(key)) {
                return;
            }
            to = listener;
            if (to == null) {
                ready.add(key);
                anyReady = true;
            }
        }
        if (to != null) {
            to.ready(key);
        }
    }

    boolean anyReady() {
        return anyReady;
    }

    /** Takes the key that has been ready for longest; null if there is none. */
    synchronized @Nullable Key takeReady() {
        if (ready.isEmpty()) {
            return null;
        }
        Key first = ready.iterator().next();
        ready.remove(first);
        anyReady = !ready.isEmpty();
        return first;
    }

    /**
     * Who is to try next when a key holds {@code type}, null for nothing: of those who wait for that, and of those whom it must be told that it holds no
     * stream, the first whose number is above {@code after}.
     */
    synchronized @Nullable Waiter next(Key key, @Nullable ValueType type, long after) {
        Line line = lines.get(key);
        if (line == null) {
            return null;
        }
        Waiter found = null;
        if (type == ValueType.LIST || type == ValueType.ZSET || type == ValueType.STREAM) {
            Map.Entry<Long, Waiter> entry = line.of(type).higherEntry(after);
            found = entry == null ? null : entry.getValue();
        }
        if (type != ValueType.STREAM) {
            SortedMap<Long, Waiter> left = line.streams.tailMap(after, false);
            for (Waiter waiter : left.values()) {
                if (found != null && found.order() < waiter.order()) {
                    break;
                }
                if (waiter.group() != null) {
                    return waiter;
                }
            }
        }
        return found;
    }

    /** The event loop of one of those in a key's line; null if there is nobody. */
    synchronized @Nullable Waiter anyOf(Key key) {
        Line line = lines.get(key);
        if (line == null) {
            return null;
        }
        for (TreeMap<Long, Waiter> some : List.of(line.lists, line.sortedSets, line.streams)) {
            if (!some.isEmpty()) {
                return some.firstEntry().getValue();
            }
        }
        return null;
    }

    // ---- what happens to the node

    /** The node leads its shard, or no longer: then all waiting ends, but for connections that read from replicas and come later. */
    public void leading(boolean leads) {
        List<Waiter> all;
        synchronized (this) {
            refusal = leads ? null : FailureText.DEPOSED;
            all = leads ? List.of() : new ArrayList<>(waiters.values());
        }
        all.forEach(waiter -> waiter.end(FailureText.DEPOSED, true));
    }

    /** The node serves other slots: who waits for a key of one that is gone runs again, and is redirected. */
    public void slotsChanged(IntPredicate serves) {
        List<Waiter> gone;
        synchronized (this) {
            gone = waiters.values().stream()
                    .filter(waiter -> !serves.test(Slots.of(waiter.keys().get(0))))
                    .toList();
        }
        for (Waiter waiter : gone) {
            waiter.eventLoop().execute(() -> {
                if (waiter.begin(waiter.keys().get(0))) {
                    waiter.runAlone(() -> {});
                }
            });
        }
    }
}

package io.cairn.tracking;

import io.cairn.command.Args;
import io.cairn.command.ClientTracking;
import io.cairn.command.KeyEvents;
import io.cairn.command.KeyPositions;
import io.cairn.command.TrackingOptions;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Slots;
import io.cairn.pubsub.Name;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Which connections of a node are to be told when a key changes (CLIENT TRACKING). Any thread. Redis: tracking.c; as there, databases are not told apart.
 *
 * <p><b>No change is missed.</b> A change tells {@link #event} under the lock of the key's stripe, when it is done. A read must {@link #remember} its keys before it
 * looks at them. Where it does both under that lock, a change comes before both, and is what the read sees, or after both, and finds the key remembered. Where the read
 * itself runs later (raft mode remembers when a read is taken, before its barrier) a change may come between: it takes the key out of the table, and the read may see
 * the state after it. So what a connection is told waits until all calls are answered that it had made by then ({@code resp.Invalidations}): the client drops what it may have got, and is
 * asked for the key again.
 *
 * <p>While nobody tracks, an event costs the read of one field.
 */
public final class Tracking implements KeyEvents {
    /** What a key, and a further connection of it, take of the heap beside the key's bytes, about. */
    private static final int KEY_BYTES = 120;

    private static final int ITEM_BYTES = 48;
    private static final int HEAP_SHARE = 16;

    /** Key to its {@link Tracker}, or a set of them that is changed within {@code compute} only. */
    private final ConcurrentHashMap<Name, Object> table = new ConcurrentHashMap<>();

    private final ConcurrentHashMap<Name, Set<Tracker>> prefixes = new ConcurrentHashMap<>();
    private final Set<Tracker> on = ConcurrentHashMap.newKeySet();
    private volatile boolean any;
    private final AtomicInteger keys = new AtomicInteger();
    private final AtomicLong items = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final long maxBytes;
    private volatile long maxKeys;
    /** Where the next key to be forgotten is looked for. Under the lock of this. */
    private @Nullable Iterator<Name> oldest;

    private final FastThreadLocal<Gathered> gathered = new FastThreadLocal<>() {
        @Override
        protected Gathered initialValue() {
            return new Gathered();
        }
    };

    public Tracking() {
        this(Runtime.getRuntime().maxMemory() / HEAP_SHARE);
    }

    /** @param maxBytes of the table: above it keys are forgotten, and who remembers them is told that they changed */
    Tracking(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** tracking-table-max-keys; 0 for no bound but the heap's. */
    public void maxKeys(long max) {
        maxKeys = max;
        limit();
    }

    /** A connection that may track, and does not yet. */
    public Tracker tracker(Tracker.Outlet outlet) {
        return new Tracker(this, outlet);
    }

    /** Whether anybody tracks: the one look that others pay for. */
    public boolean any() {
        return any;
    }

    public ClientTracking.Counts counts() {
        return new ClientTracking.Counts(on.size(), items.get(), keys.get(), prefixes.size());
    }

    synchronized void on(Tracker tracker, List<byte[]> of) {
        on.add(tracker);
        for (byte[] prefix : of) {
            prefixes.computeIfAbsent(new Name(prefix), n -> ConcurrentHashMap.newKeySet())
                    .add(tracker);
        }
        any = true;
    }

    synchronized void off(Tracker tracker, List<byte[]> of) {
        on.remove(tracker);
        for (byte[] prefix : of) {
            prefixes.computeIfPresent(new Name(prefix), (name, all) -> {
                all.remove(tracker);
                return all.isEmpty() ? null : all;
            });
        }
        if (on.isEmpty()) {
            any = false;
            clear(); // Nobody would be told, and nothing is done for keys any more.
        }
    }

    // ---- reads

    /**
     * A connection is about to read keys: it is told of the next change of each. Under the locks of the keys' stripes, or before the read is handed on.
     */
    public void remember(Tracker tracker, Args args, KeyPositions positions) {
        for (int i = 0; i < positions.count(); i++) {
            remember(tracker, new Name(args.bytes(positions.at(i))));
        }
        limit();
    }

    void remember(Tracker tracker, Name key) {
        table.compute(key, (name, old) -> {
            if (old == tracker) {
                return old;
            }
            if (old == null) {
                keys.incrementAndGet();
                items.incrementAndGet();
                bytes.addAndGet(KEY_BYTES + ITEM_BYTES + name.length());
                return tracker;
            }
            Set<Tracker> all = old instanceof Trackers several ? several : new Trackers(old);
            if (all.add(tracker)) {
                items.incrementAndGet();
                bytes.addAndGet(ITEM_BYTES);
            }
            return all;
        });
    }

    /** Those who remember one key. */
    private static final class Trackers extends HashSet<Tracker> {
        private static final long serialVersionUID = 1L;

        Trackers(Object first) {
            add((Tracker) first);
        }
    }

    private List<Tracker> forget(Name key) {
        Object removed = table.remove(key);
        if (removed == null) {
            return List.of();
        }
        List<Tracker> all = removed instanceof Trackers several ? List.copyOf(several) : List.of((Tracker) removed);
        keys.decrementAndGet();
        items.addAndGet(-all.size());
        bytes.addAndGet(-KEY_BYTES - (long) ITEM_BYTES * all.size() - key.length());
        return all;
    }

    /** Forgets keys, and says that they changed, until there are few enough. Redis: trackingLimitUsedSlots. */
    private void limit() {
        while (isOver()) {
            Name key = next();
            if (key == null) {
                return;
            }
            forget(key).forEach(tracker -> tellOf(tracker, key, false));
        }
    }

    private boolean isOver() {
        long max = maxKeys;
        return (max > 0 && keys.get() > max) || bytes.get() > maxBytes;
    }

    private synchronized @Nullable Name next() {
        Iterator<Name> from = oldest;
        if (from == null || !from.hasNext()) {
            from = table.keySet().iterator();
            oldest = from;
        }
        if (from.hasNext()) {
            return from.next();
        }
        oldest = null;
        return null;
    }

    private void clear() {
        for (Name key : table.keySet()) {
            forget(key);
        }
        synchronized (this) {
            oldest = null;
        }
    }

    // ---- changes

    /**
     * What this thread changes until {@link #end} is changed by a call of this connection; who is to be told is told then.
     *
     * @param by null for a connection that never tracked
     */
    public void begin(@Nullable Tracker by) {
        gathered.get().begin(by);
    }

    public void end() {
        gathered.get().end(prefixes);
    }

    @Override
    public void event(int database, char type, String event, long key, int keyLength) {
        if (!any || type == 'm' || type == 'n') {
            return;
        }
        Gathered own = gathered.get();
        Name name = new Name(Memory.bytes(key, keyLength));
        // Of what expires or is evicted nobody is the author, as in Redis.
        Tracker by = type == 'x' || type == 'e' ? null : own.by();
        boolean alone = !own.isOpen();
        for (Name prefix : prefixes.keySet()) {
            if (name.startsWith(prefix)) {
                own.broadcast(prefix, name, by);
            }
        }
        for (Tracker tracker : forget(name)) {
            TrackingOptions options = tracker.options();
            boolean self = tracker == own.by();
            if (options != null && !options.broadcast() && !(options.noLoop() && self)) {
                own.tell(tracker, Gathered.array(List.of(name)), self);
            }
        }
        if (alone || own.isFull()) {
            own.publish(prefixes);
        }
    }

    private void tellOf(Tracker tracker, Name key, boolean own) {
        TrackingOptions options = tracker.options();
        if (options != null && !options.broadcast()) {
            tracker.tell(Gathered.array(List.of(key)), own);
        }
    }

    /** All who track are told to drop all they have. Redis: trackingInvalidateKeysOnFlush. */
    @Override
    public void everything() {
        if (!any) {
            return;
        }
        clear();
        Gathered own = gathered.get();
        boolean alone = !own.isOpen();
        for (Tracker tracker : on) {
            own.tell(tracker, null, tracker == own.by());
        }
        if (alone) {
            own.publish(prefixes);
        }
    }

    /** The node serves other slots from now on: who remembers keys of those that went away is told that they changed. */
    public void slotsChanged(IntPredicate served) {
        if (!any) {
            return;
        }
        for (Name key : table.keySet()) {
            if (!served.test(Slots.of(key.bytes()))) {
                forget(key).forEach(tracker -> tellOf(tracker, key, false));
            }
        }
    }
}

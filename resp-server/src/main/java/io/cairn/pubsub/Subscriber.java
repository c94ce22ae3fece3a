package io.cairn.pubsub;

import io.cairn.command.Subscriptions;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** The subscriptions of one connection. Confined to its event loop, but for the counts. */
public final class Subscriber implements Subscriptions {
    private final Hub hub;
    private final Mailbox mailbox;
    private final Outlet outlet;
    private final Map<Kind, Set<Name>> names = new EnumMap<>(Kind.class);
    /** Sizes of the sets, which other threads read, too. */
    private final Map<Kind, AtomicInteger> counts = new EnumMap<>(Kind.class);

    /** What a name takes beside its bytes: in the sets here, in the mailbox and in the hub. */
    private static final int NAME_BYTES = 300;

    private long nameBytes;
    private boolean closed;
    /** Of the mailbox: something was pushed that is not flushed. */
    boolean unflushed;

    Subscriber(Hub hub, Mailbox mailbox, Outlet outlet) {
        this.hub = hub;
        this.mailbox = mailbox;
        this.outlet = outlet;
        for (Kind kind : Kind.values()) {
            names.put(kind, new LinkedHashSet<>(4));
            counts.put(kind, new AtomicInteger());
        }
    }

    Outlet outlet() {
        return outlet;
    }

    /** Writes what was published up to now, so that it stands before the replies to what the client asks from now on. */
    public void receive() {
        mailbox.drain();
    }

    @Override
    public void add(Kind kind, byte[] bytes) {
        mailbox.drain();
        Name name = new Name(bytes);
        if (closed || !set(kind).add(name)) {
            return;
        }
        counter(kind).incrementAndGet();
        nameBytes += NAME_BYTES + name.bytes.length;
        mailbox.add(kind, name, this);
        hub.added(kind, name, mailbox);
    }

    @Override
    public void remove(Kind kind, byte[] bytes) {
        mailbox.drain();
        Name name = new Name(bytes);
        if (set(kind).remove(name)) {
            leave(kind, name);
        }
    }

    private void leave(Kind kind, Name name) {
        counter(kind).decrementAndGet();
        nameBytes -= NAME_BYTES + name.bytes.length;
        mailbox.remove(kind, name, this);
        hub.removed(kind, name, mailbox);
    }

    /** A shard channel went to another shard; the mailbox forgets it by itself. */
    void taken(Name channel) {
        if (set(Kind.SHARD).remove(channel)) {
            counter(Kind.SHARD).decrementAndGet();
            nameBytes -= NAME_BYTES + channel.bytes.length;
            hub.removed(Kind.SHARD, channel, mailbox);
        }
    }

    @Override
    public List<byte[]> names(Kind kind) {
        List<byte[]> all = new ArrayList<>(set(kind).size());
        set(kind).forEach(name -> all.add(name.bytes));
        return all;
    }

    @Override
    public void clear() {
        for (Kind kind : Kind.values()) {
            Set<Name> all = set(kind);
            all.forEach(name -> leave(kind, name));
            all.clear();
        }
    }

    /** The connection is gone. */
    public void close() {
        closed = true;
        clear();
    }

    @Override
    public long bytes() {
        return nameBytes;
    }

    @Override
    public int count(Kind kind) {
        return counter(kind).get();
    }

    private AtomicInteger counter(Kind kind) {
        return java.util.Objects.requireNonNull(counts.get(kind));
    }

    private Set<Name> set(Kind kind) {
        return java.util.Objects.requireNonNull(names.get(kind));
    }
}

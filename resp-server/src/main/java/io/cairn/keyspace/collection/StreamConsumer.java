package io.cairn.keyspace.collection;

/** A consumer of a group: its name, when it last did something, and the ids of what is pending with it. Redis: streamConsumer. */
public final class StreamConsumer {
    /** Estimate of the handle's heap memory. */
    private static final int HANDLE_BYTES = 200;

    private final byte[] name;
    private final NativeAccount account;
    /** Index in the group, by which pending entries know their consumer. */
    final int number;

    final IdTree pending;
    private long seen;

    StreamConsumer(byte[] name, int number, long seen, NativeAccount account, IdTree pending) {
        this.name = name;
        this.number = number;
        this.seen = seen;
        this.account = account;
        this.pending = pending;
        account.add(HANDLE_BYTES + name.length);
    }

    /** Not to be changed. */
    public byte[] name() {
        return name;
    }

    /** When it last read or claimed, milliseconds of the Unix epoch. */
    public long seen() {
        return seen;
    }

    public void seen(long at) {
        seen = at;
    }

    /** Number of entries that were delivered to it and not acknowledged. */
    public long pending() {
        return pending.size();
    }

    void free() {
        pending.free();
        account.add(-(HANDLE_BYTES + name.length));
    }
}

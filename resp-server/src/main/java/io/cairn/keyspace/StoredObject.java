package io.cairn.keyspace;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A collection that is too large for the compact form within the index. Its elements lie in native memory; the Java object is only their handle, so
 * that millions of elements cost the garbage collector nothing. All calls need the stripe's lock of its key, but for {@link #release} of an object
 * that no key holds any more.
 *
 * <p>Born with one reference, the maker's; {@link Database#putObject} takes it over.
 */
public abstract class StoredObject implements Held {
    private final ValueType type;
    private final AtomicInteger references = new AtomicInteger(1);
    private long accounted;
    private boolean accountedExpiring;

    protected StoredObject(ValueType type) {
        this.type = type;
    }

    public final ValueType type() {
        return type;
    }

    /** Number of elements: list items, members, fields, stream entries. O(1). */
    public abstract long elements();

    /** Native bytes in use, with an estimate for what the handle has on the heap. O(1). */
    public abstract long usedBytes();

    /** When the first of its elements expires, milliseconds of the Unix epoch; Long.MAX_VALUE if none does. O(1). */
    public long earliestExpiry() {
        return Long.MAX_VALUE;
    }

    /** An equal object of its own, in the same order. */
    public abstract StoredObject copy();

    /** Frees all native memory; may take long with millions of elements, and may run on a background thread. */
    protected abstract void free();

    @Override
    public final long accountedBytes() {
        return accounted;
    }

    /** Sets the bytes that the account holds for it to what it uses now; the difference. */
    public final long account() {
        long now = usedBytes();
        long more = now - accounted;
        accounted = now;
        return more;
    }

    /** Whether the account counts it among those with elements that expire. */
    public final boolean accountedExpiring() {
        return accountedExpiring;
    }

    /** Sets what the account holds for it to whether elements expire now; by how much the number of those that do changes. */
    public final int accountExpiring() {
        boolean now = earliestExpiry() != Long.MAX_VALUE;
        int more = (now ? 1 : 0) - (accountedExpiring ? 1 : 0);
        accountedExpiring = now;
        return more;
    }

    /** One reference more, for RENAME: both keys hold it for a moment. */
    public final StoredObject retain() {
        if (references.getAndIncrement() <= 0) {
            throw new IllegalStateException("object used after its release");
        }
        return this;
    }

    /** True if a release would free it. */
    public final boolean isLast() {
        return references.get() == 1;
    }

    @Override
    public final void release() {
        int left = references.decrementAndGet();
        if (left < 0) {
            throw new IllegalStateException("object released twice");
        }
        if (left == 0) {
            free();
        }
    }
}

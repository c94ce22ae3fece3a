package io.cairn.keyspace;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The function libraries of a node: text by name. They are data as keys are: changed by logged commands, part of snapshots and RDB files. What a
 * text means is the script thread's business. Any thread.
 */
public final class Libraries {
    private final TreeMap<String, byte[]> texts = new TreeMap<>();
    private volatile long version;
    private volatile long bytes;

    /** Counts the changes. */
    public long version() {
        return version;
    }

    /** Bytes of all names and texts. */
    public long bytes() {
        return bytes;
    }

    /** The text of a library, the caller's to read only; null when there is none. */
    public synchronized byte @Nullable [] text(String name) {
        return texts.get(name);
    }

    /** Adds a library, or takes it in the place of another of its name. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // Under the lock of this.
    public synchronized void put(String name, byte[] text) {
        byte[] before = texts.put(name, text);
        bytes += before == null ? (long) name.length() + text.length : text.length - (long) before.length;
        version++;
    }

    /** Whether there was one. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // Under the lock of this.
    public synchronized boolean remove(String name) {
        byte[] before = texts.remove(name);
        if (before == null) {
            return false;
        }
        bytes -= (long) name.length() + before.length;
        version++;
        return true;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // Under the lock of this.
    public synchronized void clear() {
        texts.clear();
        bytes = 0;
        version++;
    }

    /** All texts in the order of their names. */
    public synchronized List<byte[]> all() {
        return new ArrayList<>(texts.values());
    }

    public synchronized List<String> names() {
        return new ArrayList<>(texts.keySet());
    }
}

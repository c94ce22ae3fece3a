package io.cairn.command;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Redis's SLOWLOG: the last slow calls, newest first. Any thread. Arguments are cut as Redis does: at most 32 of them,
 * at most 128 bytes of each (Redis: slowlogCreateEntry).
 */
public final class SlowLog {
    /** Arguments kept of one call. */
    static final int MAX_ARGUMENTS = 32;
    /** Bytes kept of one argument. */
    static final int MAX_ARGUMENT_BYTES = 128;

    private final ArrayDeque<Entry> entries = new ArrayDeque<>();
    private long nextId;
    private volatile long thresholdMicros = 10_000;
    private volatile int maxEntries = 128;

    /**
     * One slow call.
     *
     * @param timeSeconds Unix time
     * @param micros how long it ran
     */
    public record Entry(
            long id, long timeSeconds, long micros, List<byte[]> arguments, String address, String clientName) {}

    /** slowlog-log-slower-than, microseconds; negative for never. */
    public long thresholdMicros() {
        return thresholdMicros;
    }

    public void thresholdMicros(long micros) {
        thresholdMicros = micros;
    }

    /** slowlog-max-len. */
    public void maxEntries(int max) {
        maxEntries = max;
        synchronized (this) {
            trim();
        }
    }

    /** True when a call that took so long belongs here. */
    public boolean takes(long nanos) {
        long threshold = thresholdMicros;
        return threshold >= 0 && nanos >= threshold * 1000;
    }

    /** Adds a call; {@code arguments} as {@link #shown} made them. */
    public void add(long timeSeconds, long micros, List<byte[]> arguments, Client client) {
        synchronized (this) {
            entries.addFirst(new Entry(nextId++, timeSeconds, micros, arguments, client.address(), client.name()));
            trim();
        }
    }

    /** A copy of the arguments, cut to what an entry keeps. */
    public static List<byte[]> shown(Args args) {
        int kept = Math.min(args.count(), MAX_ARGUMENTS);
        List<byte[]> arguments = new ArrayList<>(kept);
        for (int i = 0; i < kept; i++) {
            if (kept < args.count() && i == kept - 1) {
                arguments.add(ascii("... (" + (args.count() - kept + 1) + " more arguments)"));
            } else if (Secrets.hides(args, i)) {
                arguments.add(ascii(Secrets.REDACTED));
            } else if (args.length(i) > MAX_ARGUMENT_BYTES) {
                arguments.add(cut(args, i));
            } else {
                arguments.add(args.bytes(i));
            }
        }
        return List.copyOf(arguments);
    }

    private static byte[] cut(Args args, int i) {
        byte[] tail = ascii("... (" + (args.length(i) - MAX_ARGUMENT_BYTES) + " more bytes)");
        byte[] all = new byte[MAX_ARGUMENT_BYTES + tail.length];
        io.cairn.keyspace.Memory.copy(args.address(i), all, 0, MAX_ARGUMENT_BYTES);
        System.arraycopy(tail, 0, all, MAX_ARGUMENT_BYTES, tail.length);
        return all;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }

    private void trim() {
        while (entries.size() > maxEntries) {
            entries.removeLast();
        }
    }

    /** The newest {@code limit} entries, newest first. */
    public synchronized List<Entry> newest(int limit) {
        return entries.stream().limit(limit).toList();
    }

    public synchronized int size() {
        return entries.size();
    }

    public synchronized void clear() {
        entries.clear();
    }
}

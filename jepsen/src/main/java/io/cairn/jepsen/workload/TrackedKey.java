package io.cairn.jepsen.workload;

import io.cairn.jepsen.resp.HashSlot;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import java.nio.charset.StandardCharsets;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A key whose value only grows, with what its clients know of it: writes acknowledged, writes of unknown outcome, and
 * the floor, the largest value that was proven to be there. Every reply to a request that was sent after the floor was
 * proven must reach it. Thread-safe.
 */
public abstract sealed class TrackedKey permits CounterKey, AppendKey {
    private final String name;
    private final int slot;
    private Floor floor = new Floor(0, "nobody");
    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicLong unknown = new AtomicLong();

    /** A value that was proven, and by whose reply. */
    public record Floor(long value, String provenBy) {}

    TrackedKey(String name) {
        this.name = name;
        slot = HashSlot.of(name);
    }

    public final String name() {
        return name;
    }

    public final int slot() {
        return slot;
    }

    /** The largest value proven so far. Take it before sending; hand it back with the reply. */
    public final synchronized Floor floor() {
        return floor;
    }

    public final long acknowledged() {
        return acknowledged.get();
    }

    public final long unknown() {
        return unknown.get();
    }

    /** The command that makes the value grow by one step. The token is unique among all writes. */
    public abstract byte[][] write(String token);

    /** The command that reads how far the value has grown. */
    public abstract byte[][] read();

    /** Accounts for an acknowledged write. */
    public final void wrote(String token, String by, Floor before, Reply reply, Violations violations) {
        acknowledged.incrementAndGet();
        if (!(reply instanceof Reply.Int)) {
            violations.add("%s: a write was answered with %s".formatted(name, reply.text()));
            return;
        }
        long value = reply.number();
        if (value < before.value() + step()) {
            violations.add("%s: the write %s by %s was answered with %d though %d was proven before it by %s"
                    .formatted(name, token, by, value, before.value(), before.provenBy()));
        }
        noteAcknowledged(token, value, violations);
        raise(value, by);
    }

    /** Accounts for a write that may have happened. */
    public final void lost(String token) {
        noteUnknown(token);
        unknown.incrementAndGet();
    }

    /** Accounts for a read. */
    public final void read(String reader, Floor before, Reply reply, Violations violations) {
        long value = reply.number();
        if (value < before.value()) {
            violations.add("%s: %s read %d after %d was proven by %s (stale)"
                    .formatted(name, reader, value, before.value(), before.provenBy()));
        }
        raise(value, reader);
    }

    /** Compares the value at the end, read by GET, with what is known of the writes. */
    public abstract void check(Reply value, Violations violations);

    /** How much one write adds. */
    abstract long step();

    abstract void noteAcknowledged(String token, long value, Violations violations);

    abstract void noteUnknown(String token);

    final byte[] nameBytes() {
        return name.getBytes(StandardCharsets.ISO_8859_1);
    }

    static byte[] bytes(String word) {
        return RawClient.words(word)[0];
    }

    private synchronized void raise(long value, String provenBy) {
        if (value > floor.value()) {
            floor = new Floor(value, provenBy + " at " + LocalTime.now(ZoneId.systemDefault()));
        }
    }
}

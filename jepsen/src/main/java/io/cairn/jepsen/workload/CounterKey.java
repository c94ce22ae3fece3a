package io.cairn.jepsen.workload;

import io.cairn.jepsen.resp.Reply;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A counter: each write is an INCR, so no two acknowledged writes may be told the same value. */
public final class CounterKey extends TrackedKey {
    private final Map<Long, String> tokenOfValue = new ConcurrentHashMap<>();

    public CounterKey(String name) {
        super(name);
    }

    @Override
    public byte[][] write(String token) {
        return new byte[][] {bytes("INCR"), nameBytes()};
    }

    @Override
    public byte[][] read() {
        return new byte[][] {bytes("GET"), nameBytes()};
    }

    @Override
    public void check(Reply reply, Violations violations) {
        long value = reply.number();
        if (value < acknowledged() || value > acknowledged() + unknown()) {
            violations.add("%s: is %d, with %d writes acknowledged and %d unknown"
                    .formatted(name(), value, acknowledged(), unknown()));
        }
        if (value < floor().value()) {
            violations.add("%s: is %d at the end, after %d was proven".formatted(name(), value, floor().value()));
        }
    }

    @Override
    long step() {
        return 1;
    }

    @Override
    void noteAcknowledged(String token, long value, Violations violations) {
        String other = tokenOfValue.putIfAbsent(value, token);
        if (other != null) {
            violations.add("%s: the writes %s and %s were both told %d".formatted(name(), other, token, value));
        }
    }

    @Override
    void noteUnknown(String token) {
        // A counter does not tell whose step was taken: the number of unknown steps is all there is to keep.
    }
}

package io.cairn.jepsen.history;

import java.util.HashMap;
import java.util.Map;

/** Equal values as one object: a history names the same keys, nodes and elements again and again. One thread only. */
final class Shared {
    /** More than this many different values are not shared. */
    private static final int MOST = 1_000_000;

    private final Map<Object, Object> known = new HashMap<>();

    /** An object that equals this one, the first of its kind. */
    @SuppressWarnings("unchecked") // Equal strings are strings, equal longs are longs: nothing else is put in.
    <T> T of(T value) {
        if (known.size() >= MOST) {
            return (T) known.getOrDefault(value, value);
        }
        Object first = known.putIfAbsent(value, value);
        return first == null ? value : (T) first;
    }
}

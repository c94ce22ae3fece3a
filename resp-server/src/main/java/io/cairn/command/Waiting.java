package io.cairn.command;

import io.cairn.keyspace.ValueType;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a blocking command waits for that found nothing: a value of a type under one of its keys. Once something happened to one of them, the command is
 * tried again as a call that looks at that key alone, as Redis serves a client from the key that was made ready. Redis: blockForKeys. Immutable.
 */
public final class Waiting {
    private final long millis;
    private final ValueType type;
    private final int group;
    private final int firstKey;
    private final int keys;
    private final Again again;

    /** An argument of a call made again: that of the first call at {@code index}, or {@code text}. */
    public record Argument(int index, byte @Nullable [] text) {
        static Argument of(int index) {
            return new Argument(index, null);
        }

        static Argument of(String text) {
            return new Argument(-1, text.getBytes(StandardCharsets.ISO_8859_1));
        }
    }

    /** The call made again. */
    @FunctionalInterface
    interface Again {
        /** Its arguments, the command's name first, when it looks at the key at argument {@code key} of the first call. */
        List<Argument> arguments(int key);
    }

    /**
     * @param millis how long, 0 without end
     * @param type what must be under a key
     * @param group argument that names the consumer group, 0 for none: the waiting ends when the key is deleted or holds another type
     * @param firstKey argument of the first of {@code keys} keys
     */
    Waiting(long millis, ValueType type, int group, int firstKey, int keys, Again again) {
        this.millis = millis;
        this.type = type;
        this.group = group;
        this.firstKey = firstKey;
        this.keys = keys;
        this.again = again;
    }

    public long millis() {
        return millis;
    }

    public ValueType type() {
        return type;
    }

    /** Argument that names the consumer group, 0 for none. */
    public int group() {
        return group;
    }

    /** Argument of the first key. */
    public int firstKey() {
        return firstKey;
    }

    /** Number of keys. */
    public int keys() {
        return keys;
    }

    /** Arguments of the call that looks at the n-th key alone; it waits, too, if it finds nothing. */
    public List<Argument> again(int n) {
        return again.arguments(firstKey + n);
    }
}

package io.cairn.pubsub;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The subscribers of one name on one event loop: an array while they are few. Confined to the loop. */
final class Members {
    private static final int FEW = 16;

    private @Nullable Subscriber[] few = new Subscriber[1];
    private int count;
    private @Nullable Set<Subscriber> many;

    /** Adds one that is not there. */
    void add(Subscriber subscriber) {
        Set<Subscriber> set = many;
        if (set == null && count == FEW) {
            set = new LinkedHashSet<>();
            for (Subscriber old : few) {
                set.add(java.util.Objects.requireNonNull(old));
            }
            few = new Subscriber[0];
            many = set;
        }
        if (set != null) {
            set.add(subscriber);
            return;
        }
        if (count == few.length) {
            few = Arrays.copyOf(few, count * 2);
        }
        few[count++] = subscriber;
    }

    void remove(Subscriber subscriber) {
        Set<Subscriber> set = many;
        if (set != null) {
            set.remove(subscriber);
            return;
        }
        for (int i = 0; i < count; i++) {
            if (few[i] == subscriber) {
                System.arraycopy(few, i + 1, few, i, count - i - 1);
                few[--count] = null;
                return;
            }
        }
    }

    boolean isEmpty() {
        Set<Subscriber> set = many;
        return set == null ? count == 0 : set.isEmpty();
    }

    /** The visitor must neither add nor remove. */
    void forEach(Consumer<Subscriber> visitor) {
        Set<Subscriber> set = many;
        if (set != null) {
            set.forEach(visitor);
            return;
        }
        for (int i = 0; i < count; i++) {
            visitor.accept(java.util.Objects.requireNonNull(few[i]));
        }
    }
}

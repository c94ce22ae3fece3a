package io.cairn.config;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One configuration key. Keys are constants: {@link Keys} holds those the product reads, {@link ListedKeys} those of a
 * stock redis.conf that are only accepted.
 *
 * @param <T> the type of its value
 */
public final class Key<T> {
    /** Whether CONFIG SET may change the key. */
    public enum Change {
        RUNTIME,
        START
    }

    private final String name;
    private final Type<T> type;
    private final T defaultValue;
    private final Change change;
    private final String doc;
    private final String group;
    private final @Nullable String alias;
    private final @Nullable String refusal;
    private final boolean listed;
    /** Position in {@link KeyTable}, set once while the table is built. */
    int index = -1;

    Key(
            String group,
            String name,
            @Nullable String alias,
            Type<T> type,
            T defaultValue,
            Change change,
            String doc,
            boolean listed,
            @Nullable String refusal) {
        this.group = group;
        this.name = name;
        this.alias = alias;
        this.type = type;
        this.defaultValue = defaultValue;
        this.change = change;
        this.doc = doc;
        this.listed = listed;
        this.refusal = refusal;
    }

    public String name() {
        return name;
    }

    public Type<T> type() {
        return type;
    }

    public T defaultValue() {
        return defaultValue;
    }

    public boolean changeable() {
        return change == Change.RUNTIME;
    }

    public String doc() {
        return doc;
    }

    String group() {
        return group;
    }

    /** Redis's older name of the key, as {@code slave-priority}. */
    @Nullable
    String alias() {
        return alias;
    }

    /** True for a key of a stock redis.conf that means nothing here. */
    public boolean listed() {
        return listed;
    }

    /** For a listed key: why any other value than the default must stop the start; null if it is harmless. */
    @Nullable
    String refusal() {
        return refusal;
    }

    /** {@code cluster.consensus} and {@code CLUSTER-CONSENSUS} name the key {@code cluster-consensus}. */
    static String canonical(String name) {
        return name.toLowerCase(Locale.ROOT).replace('.', '-');
    }

    @Override
    public String toString() {
        return name;
    }
}

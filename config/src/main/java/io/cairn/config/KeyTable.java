package io.cairn.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All keys by name and alias, numbered in the order of the reference page. */
final class KeyTable {
    private static final List<Key<?>> KEYS = new ArrayList<>();
    private static final Map<String, Key<?>> BY_NAME = new HashMap<>();

    static {
        KEYS.addAll(Keys.all());
        KEYS.addAll(ListedKeys.all());
        for (int i = 0; i < KEYS.size(); i++) {
            Key<?> key = KEYS.get(i);
            key.index = i;
            put(key.name(), key);
            String alias = key.alias();
            if (alias != null) {
                put(alias, key);
            }
        }
    }

    private KeyTable() {}

    private static void put(String name, Key<?> key) {
        if (BY_NAME.put(name, key) != null) {
            throw new IllegalStateException("two configuration keys are named " + name);
        }
    }

    static List<Key<?>> keys() {
        return List.copyOf(KEYS);
    }

    static int size() {
        return KEYS.size();
    }

    /** The key of that name in any spelling ({@code cluster.consensus}), or null. */
    static @Nullable Key<?> find(String name) {
        return BY_NAME.get(Key.canonical(name));
    }
}

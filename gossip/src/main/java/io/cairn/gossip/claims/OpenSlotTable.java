package io.cairn.gossip.claims;

import java.util.Map;
import java.util.TreeMap;

/** Slots that this node opened by SETSLOT MIGRATING and IMPORTING; nobody else knows of them. */
final class OpenSlotTable {
    private final Registry registry;
    private final TreeMap<Integer, String> migrating = new TreeMap<>();
    private final TreeMap<Integer, String> importing = new TreeMap<>();

    OpenSlotTable(Registry registry) {
        this.registry = registry;
    }

    void restore(Saved saved) {
        migrating.putAll(saved.migrating());
        importing.putAll(saved.importing());
    }

    void migrate(int slot, String to) {
        if (!to.equals(migrating.put(slot, to))) {
            registry.changed();
        }
    }

    void migrating(Map<Integer, String> all) {
        migrating.clear();
        migrating.putAll(all);
        registry.changed();
    }

    void importFrom(int slot, String from) {
        if (!from.equals(importing.put(slot, from))) {
            registry.changed();
        }
    }

    void close(int slot) {
        boolean went = migrating.remove(slot) != null;
        boolean came = importing.remove(slot) != null;
        if (went || came) {
            registry.changed();
        }
    }

    void clear() {
        if (!migrating.isEmpty() || !importing.isEmpty()) {
            migrating.clear();
            importing.clear();
            registry.changed();
        }
    }

    /** What has come to its end: a slot that is not ours goes nowhere from here, one that is ours comes from nowhere. */
    void settle() {
        String self = registry.id();
        boolean gone = migrating.keySet().removeIf(slot -> !self.equals(registry.owner(slot)));
        boolean here = importing.keySet().removeIf(slot -> self.equals(registry.owner(slot)));
        if (gone || here) {
            registry.changed();
        }
    }

    Map<Integer, String> migrating() {
        return Map.copyOf(migrating);
    }

    Map<Integer, String> importing() {
        return Map.copyOf(importing);
    }
}

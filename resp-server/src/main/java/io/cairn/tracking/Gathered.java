package io.cairn.tracking;

import io.cairn.command.TrackingOptions;
import io.cairn.pubsub.Name;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one call changed and nobody was told of yet: connections in BCAST mode get one message for a prefix, with all keys of the call. One thread's. Redis:
 * trackingBroadcastInvalidationMessages, once in a turn of its event loop.
 */
final class Gathered {
    /** With so many, those gathered are told of at once. */
    private static final int MAX = 10_000;

    private final List<Told> told = new ArrayList<>();
    /** By prefix: the keys, and who changed each last. */
    private final Map<Name, Map<Name, Author>> broadcast = new LinkedHashMap<>();

    private int size;
    private boolean open;
    private @Nullable Tracker by;

    private record Told(Tracker tracker, byte @Nullable [] keys, boolean own) {}

    private record Author(@Nullable Tracker tracker) {}

    void begin(@Nullable Tracker author) {
        open = true;
        by = author;
    }

    boolean isOpen() {
        return open;
    }

    boolean isFull() {
        return size > MAX;
    }

    /** Whose call runs, if it is known. */
    @Nullable
    Tracker by() {
        return by;
    }

    void end(Map<Name, Set<Tracker>> prefixes) {
        if (open) {
            publish(prefixes);
            open = false;
            by = null;
        }
    }

    void tell(Tracker tracker, byte @Nullable [] keys, boolean own) {
        told.add(new Told(tracker, keys, own));
        size++;
    }

    void broadcast(Name prefix, Name key, @Nullable Tracker author) {
        broadcast.computeIfAbsent(prefix, p -> new LinkedHashMap<>()).put(key, new Author(author));
        size++;
    }

    void publish(Map<Name, Set<Tracker>> prefixes) {
        if (told.isEmpty() && broadcast.isEmpty()) {
            return;
        }
        told.forEach(each -> each.tracker.tell(each.keys, each.own));
        told.clear();
        size = 0;
        broadcast.forEach((prefix, keys) -> {
            byte[] all = array(keys.keySet());
            for (Tracker tracker : prefixes.getOrDefault(prefix, Set.of())) {
                tell(tracker, keys, all);
            }
        });
        broadcast.clear();
    }

    private void tell(Tracker tracker, Map<Name, Author> keys, byte[] all) {
        TrackingOptions options = tracker.options();
        if (options == null) {
            return;
        }
        boolean own = keys.values().stream().anyMatch(author -> author.tracker == tracker);
        if (!own || !options.noLoop()) {
            tracker.tell(all, own);
            return;
        }
        List<Name> others = keys.entrySet().stream()
                .filter(each -> each.getValue().tracker != tracker)
                .map(Map.Entry::getKey)
                .toList();
        if (!others.isEmpty()) {
            tracker.tell(array(others), true);
        }
    }

    /** Names as a RESP array. */
    static byte[] array(Collection<Name> names) {
        byte[] head = ("*" + names.size() + "\r\n").getBytes(StandardCharsets.US_ASCII);
        int length = head.length;
        for (Name name : names) {
            length += name.length() + Integer.toString(name.length()).length() + 5;
        }
        byte[] all = java.util.Arrays.copyOf(head, length);
        int at = head.length;
        for (Name name : names) {
            byte[] before = ("$" + name.length() + "\r\n").getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(before, 0, all, at, before.length);
            at += before.length;
            System.arraycopy(name.bytes(), 0, all, at, name.length());
            at += name.length();
            all[at++] = '\r';
            all[at++] = '\n';
        }
        return all;
    }
}

package io.cairn.pubsub;

import io.cairn.command.KeyEvents;
import io.cairn.command.Subscriptions.Kind;
import io.cairn.config.EventClasses;
import io.cairn.keyspace.Memory;
import java.nio.charset.StandardCharsets;

/**
 * Publishes what happens to keys on {@code __keyspace@db__:key} and {@code __keyevent@db__:event}, at this node alone. Redis:
 * notifyKeyspaceEvent. While nothing is asked for, or nobody listens, an event costs a look at a few fields.
 */
public final class KeyspaceEvents implements KeyEvents {
    private static final int ON_KEYSPACE = EventClasses.bit('K');
    private static final int ON_KEYEVENT = EventClasses.bit('E');

    private final Hub hub;
    private volatile int classes;

    public KeyspaceEvents(Hub hub) {
        this.hub = hub;
    }

    /** notify-keyspace-events. */
    public void classes(EventClasses wanted) {
        classes = wanted.bits();
    }

    @Override
    public void event(int database, char type, String event, long key, int keyLength) {
        int wanted = classes;
        if (wanted == 0 || (wanted & EventClasses.bit(type)) == 0 || !hub.hasListeners()) {
            return;
        }
        byte[] name = Memory.bytes(key, keyLength);
        byte[] what = event.getBytes(StandardCharsets.ISO_8859_1);
        if ((wanted & ON_KEYSPACE) != 0) {
            hub.announce(Kind.CHANNEL, channel("__keyspace@", database, name), what);
        }
        if ((wanted & ON_KEYEVENT) != 0) {
            hub.announce(Kind.CHANNEL, channel("__keyevent@", database, what), name);
        }
    }

    private static byte[] channel(String prefix, int database, byte[] rest) {
        byte[] head = (prefix + database + "__:").getBytes(StandardCharsets.ISO_8859_1);
        byte[] channel = java.util.Arrays.copyOf(head, head.length + rest.length);
        System.arraycopy(rest, 0, channel, head.length, rest.length);
        return channel;
    }
}

package io.cairn.pubsub;

import io.cairn.command.Subscriptions.Kind;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What the subscribers of one name get, encoded once for all of them. Immutable.
 *
 * @param name under which they subscribed: a channel, pattern or shard channel
 * @param tail the encoded message without its first byte, which is '*' or '>' by the protocol of the connection; null takes the
 *     subscription away (sunsubscribe)
 */
record Frame(Kind kind, Name name, byte @Nullable [] tail) {
    /** What a frame costs in a queue beside its bytes. */
    private static final int OVERHEAD = 64;

    private static final byte[] MESSAGE = ascii("3\r\n$7\r\nmessage\r\n");
    private static final byte[] SHARD_MESSAGE = ascii("3\r\n$8\r\nsmessage\r\n");
    private static final byte[] PATTERN_MESSAGE = ascii("4\r\n$8\r\npmessage\r\n");
    private static final byte[] SHARD_UNSUBSCRIBED = ascii("3\r\n$12\r\nsunsubscribe\r\n");
    private static final byte[] NOTHING = {};

    static Frame message(Kind kind, Name channel, byte[] message) {
        byte[] head = kind == Kind.SHARD ? SHARD_MESSAGE : MESSAGE;
        return new Frame(kind, channel, encode(head, NOTHING, channel.bytes, message));
    }

    static Frame patternMessage(Name pattern, byte[] channel, byte[] message) {
        return new Frame(Kind.PATTERN, pattern, encode(PATTERN_MESSAGE, NOTHING, pattern.bytes, channel, message));
    }

    static Frame unsubscribe(Name shardChannel) {
        return new Frame(Kind.SHARD, shardChannel, null);
    }

    /** The message that says that a shard channel is gone, and how many are left. */
    static byte[] unsubscribed(Name channel, int left) {
        return encode(SHARD_UNSUBSCRIBED, ascii(":" + left + "\r\n"), channel.bytes);
    }

    long cost() {
        return (long) OVERHEAD + (tail == null ? 0 : tail.length);
    }

    private static byte[] encode(byte[] head, byte[] end, byte[]... bulks) {
        byte[][] heads = new byte[bulks.length][];
        long length = (long) head.length + end.length;
        for (int i = 0; i < bulks.length; i++) {
            heads[i] = ascii("$" + bulks[i].length + "\r\n");
            length += heads[i].length + bulks[i].length + 2;
        }
        byte[] all = new byte[Math.toIntExact(length)];
        int at = put(all, 0, head);
        for (int i = 0; i < bulks.length; i++) {
            at = put(all, put(all, at, heads[i]), bulks[i]);
            all[at++] = '\r';
            all[at++] = '\n';
        }
        put(all, at, end);
        return all;
    }

    private static int put(byte[] to, int at, byte[] bytes) {
        System.arraycopy(bytes, 0, to, at, bytes.length);
        return at + bytes.length;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}

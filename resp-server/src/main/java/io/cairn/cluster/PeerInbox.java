package io.cairn.cluster;

import io.cairn.command.PubSub;
import io.cairn.command.Subscriptions.Kind;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Puts the messages of one node's stream ({@link PeerStream}) together again. Holds the begun message only, and no more memory than
 * bytes of it have arrived. Confined to one thread.
 */
final class PeerInbox {
    /** Before a message's bytes: kind, lengths of channel and message. */
    static final int HEAD_BYTES = 1 + 4 + 4;

    private static final int FIRST_BYTES = 1024;

    private long stream;
    private int nextPart;
    /** False until a stream is followed from its beginning. */
    private boolean following;
    /** The message that has begun. */
    private byte[] begun = new byte[0];

    private int begunBytes;

    /** Told of whole messages. */
    interface Receiver {
        void message(Kind kind, byte[] channel, byte[] message);
    }

    /** Bytes of memory that the begun message takes. */
    int heldBytes() {
        return begun.length;
    }

    static byte[] encode(Kind kind, byte[] channel, byte[] message) {
        return ByteBuffer.allocate(HEAD_BYTES + channel.length + message.length)
                .put((byte) (kind == Kind.SHARD ? 1 : 0))
                .putInt(channel.length)
                .putInt(message.length)
                .put(channel)
                .put(message)
                .array();
    }

    /**
     * Takes the next part.
     *
     * @throws IllegalArgumentException when its messages cannot be told apart; this inbox is of no more use, and the node begins another
     *     stream when it hears that its part was not taken
     */
    void part(byte[] bytes, Receiver receiver) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        long ofStream;
        int number;
        try {
            ofStream = in.getLong();
            number = in.getInt();
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("a part without its head", e);
        }
        if (number == 0) {
            following = true;
            begunBytes = 0;
        } else if (!following || ofStream != stream || number != nextPart) {
            throw new IllegalArgumentException("the part before it was lost");
        }
        stream = ofStream;
        nextPart = number + 1;
        while (in.hasRemaining()) {
            take(in, receiver);
        }
        if (begunBytes == 0) {
            begun = new byte[0];
        }
    }

    private void take(ByteBuffer in, Receiver receiver) {
        int whole = begunBytes < HEAD_BYTES ? HEAD_BYTES : length();
        int length = Math.min(in.remaining(), whole - begunBytes);
        if (begunBytes + length > begun.length) {
            long doubled = Math.max(FIRST_BYTES, 2L * begun.length);
            begun = Arrays.copyOf(begun, (int) Math.max(begunBytes + length, Math.min(doubled, whole)));
        }
        in.get(begun, begunBytes, length);
        begunBytes += length;
        if (begunBytes >= HEAD_BYTES && begunBytes == length()) {
            ByteBuffer head = ByteBuffer.wrap(begun);
            Kind kind = head.get() == 0 ? Kind.CHANNEL : Kind.SHARD;
            int channelEnd = HEAD_BYTES + head.getInt();
            begunBytes = 0;
            receiver.message(
                    kind,
                    Arrays.copyOfRange(begun, HEAD_BYTES, channelEnd),
                    Arrays.copyOfRange(begun, channelEnd, whole(begun)));
        }
    }

    /** Length of the begun message with its head. */
    private int length() {
        int length = whole(begun);
        if (length < 0) {
            throw new IllegalArgumentException("a message of an impossible length");
        }
        return length;
    }

    /** -1 when the head says something impossible. */
    private static int whole(byte[] message) {
        ByteBuffer head = ByteBuffer.wrap(message);
        byte kind = head.get();
        long channel = head.getInt();
        long payload = head.getInt();
        boolean possible =
                kind >= 0 && kind <= 1 && channel >= 0 && payload >= 0 && channel + payload <= PubSub.MAX_MESSAGE_BYTES;
        return possible ? (int) (HEAD_BYTES + channel + payload) : -1;
    }
}

package io.cairn.cluster;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Messages on their way to one node, as a stream cut into parts of bounded size, of which one is under way at a time. A part that is
 * lost takes all that waits with it; then a new stream begins. Confined to one thread.
 *
 * <p>A part: {@code u64 stream, u32 number of the part in its stream, bytes}.
 */
final class PeerStream {
    /** Bytes of a part, so much at most is under way to a node. */
    static final int MAX_PART_BYTES = 256 * 1024;

    static final int PART_HEAD_BYTES = 12;
    /** Bytes that may wait; a larger message is taken when nothing waits. */
    static final long MAX_QUEUED_BYTES = 8L << 20;

    /** What a waiting message costs beside its bytes, which all nodes' streams share. */
    private static final int OVERHEAD = 64;

    private final ArrayDeque<byte[]> queue = new ArrayDeque<>();
    private long queuedBytes;
    /** So much of the first message has been sent. */
    private int sent;

    private final int partBytes;
    private long stream;
    private int part;
    private boolean underWay;

    /** @param stream of the first stream; a node that starts again must begin with another */
    PeerStream(long stream) {
        this(stream, MAX_PART_BYTES);
    }

    /** @param partBytes of a part without its head, at most {@value #MAX_PART_BYTES} */
    PeerStream(long stream, int partBytes) {
        this.stream = stream;
        this.partBytes = partBytes;
    }

    /** False when there is no room. */
    boolean offer(byte[] message) {
        long cost = (long) message.length + OVERHEAD;
        if (queuedBytes + cost > MAX_QUEUED_BYTES && !queue.isEmpty()) {
            return false;
        }
        queue.add(message);
        queuedBytes += cost;
        return true;
    }

    /** The next part to send, or null while one is under way or nothing waits. */
    byte @Nullable [] next() {
        if (underWay || queue.isEmpty()) {
            return null;
        }
        int bytes = 0;
        for (byte[] message : queue) {
            bytes = (int) Math.min(partBytes, (long) bytes + message.length - (bytes == 0 ? sent : 0));
            if (bytes == partBytes) {
                break;
            }
        }
        ByteBuffer out =
                ByteBuffer.allocate(PART_HEAD_BYTES + bytes).putLong(stream).putInt(part);
        while (out.hasRemaining()) {
            byte[] first = queue.element();
            int length = Math.min(out.remaining(), first.length - sent);
            out.put(first, sent, length);
            sent += length;
            if (sent == first.length) {
                queue.remove();
                queuedBytes -= first.length + OVERHEAD;
                sent = 0;
            }
        }
        part++;
        underWay = true;
        return out.array();
    }

    /** The part under way arrived. */
    void arrived() {
        underWay = false;
    }

    /** It may not have arrived: begins a new stream with what is offered from now on; returns how many messages are lost. */
    int lost() {
        int messages = queue.size();
        queue.clear();
        queuedBytes = 0;
        sent = 0;
        stream++;
        part = 0;
        underWay = false;
        return messages;
    }
}

package io.cairn.mode;

import java.util.Objects;
import java.util.function.Supplier;

/**
 * Which changes the data contains: the first {@code offset} bytes of the stream that an id names, which up to a position is also the stream of a
 * second id: that of the primary before this one. Guarded by its owner. Redis: replid, replid2, shiftReplicationId.
 */
final class History {
    static final String NO_ID = "0".repeat(40);
    private static final int NONE = -1;

    private final Supplier<String> ids;
    private String id;
    private String secondId = NO_ID;
    /** First position that is not the second id's. */
    private long secondOffset = NONE;

    private long offset;

    /** @param ids new ids, 40 hex digits each */
    History(Supplier<String> ids) {
        this.ids = ids;
        this.id = ids.get();
    }

    String id() {
        return id;
    }

    String secondId() {
        return secondId;
    }

    long secondOffset() {
        return secondOffset;
    }

    /** Bytes that the data contains. */
    long offset() {
        return offset;
    }

    void grow(long bytes) {
        offset += bytes;
    }

    /** A new history begins; what was before is no part of it. Redis: changeReplicationId, clearReplicationId2. */
    void begin() {
        id = ids.get();
        forgetSecond();
    }

    private void forgetSecond() {
        secondId = NO_ID;
        secondOffset = NONE;
    }

    /** The data is that of another node, at this position of its history. */
    void adopt(String otherId, long at) {
        id = otherId;
        offset = at;
        forgetSecond();
    }

    /** The same stream goes on under another id; what was before keeps its own. */
    void continueAs(String otherId) {
        secondId = id;
        secondOffset = offset + 1;
        id = otherId;
    }

    /** This node goes on by itself with what was another's. */
    void shift() {
        continueAs(ids.get());
    }

    /** Data of a past life of this node as a primary is here: its replicas may go on. */
    void restore(String pastId, long at) {
        id = ids.get();
        offset = at;
        secondId = pastId;
        secondOffset = at + 1;
    }

    /** Whether whoever has the stream of {@code otherId} before {@code position} has a part of this one. */
    boolean contains(String otherId, long position) {
        return Objects.equals(otherId, id) || (otherId.equals(secondId) && position <= secondOffset);
    }
}

package io.cairn.aof;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * What a log must remember beside its entries, in the file {@code state}: its first index (so that an empty log knows
 * where it stands) and a truncation or reset under way. Such an operation is noted here before it touches a segment and
 * taken back after, so that a crash in the middle is finished by the next start.
 *
 * @param firstIndex index of the first entry kept
 * @param pending what is under way
 * @param lastKept with {@link Pending#CUT}: the last entry that stays
 */
record LogState(long firstIndex, Pending pending, long lastKept) {
    static final String FILE = "state";

    private static final long MAGIC = 0x434149524e535441L; // CAIRNSTA
    private static final int VERSION = 1;
    private static final int BYTES = 17;
    private static final int PENDING_AT = 8;

    /** An operation that a crash may have cut short. */
    enum Pending {
        NONE(0),
        /** Entries after {@code lastKept} go. */
        CUT(1),
        /** All segments go. */
        CLEAR(2);

        private final byte code;

        Pending(int code) {
            this.code = (byte) code;
        }
    }

    static LogState at(long firstIndex) {
        return new LogState(firstIndex, Pending.NONE, 0);
    }

    byte[] encode() {
        return ByteBuffer.allocate(BYTES)
                .putLong(firstIndex)
                .put(pending.code)
                .putLong(lastKept)
                .array();
    }

    private static LogState decode(byte[] bytes, Path path) throws DamagedLogException {
        for (Pending pending : Pending.values()) {
            if (bytes.length == BYTES && bytes[PENDING_AT] == pending.code) {
                ByteBuffer in = ByteBuffer.wrap(bytes);
                return new LogState(in.getLong(0), pending, in.getLong(PENDING_AT + 1));
            }
        }
        throw new DamagedLogException(path, 0, "its value is not a log state");
    }

    static TwinFile open(Storage storage, Path directory, LogState initial) throws IOException {
        return TwinFile.open(storage, directory.resolve(FILE), MAGIC, VERSION, initial.encode());
    }

    static LogState of(TwinFile file, Path directory) throws IOException {
        return decode(file.read().bytes(), directory.resolve(FILE));
    }

    /** Reads the state without opening it for writing. */
    static LogState peek(Storage storage, Path directory) throws IOException {
        Path path = directory.resolve(FILE);
        try (StorageFile file = storage.open(path, Storage.Mode.READ)) {
            return decode(TwinFile.read(file, path, MAGIC, VERSION).bytes(), path);
        }
    }
}

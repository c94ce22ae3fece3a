package io.cairn.raft.meta;

import java.util.List;

/**
 * An atomic move of slots from one shard to another (DESIGN 8), as the meta group knows it. Who streams, and how far that
 * has come, is not here: the leaders of the two shards know.
 *
 * @param id 40 hex digits
 * @param slots in order, not touching each other
 * @param from id of the shard that has the slots
 * @param to id of the shard that gets them
 * @param sourceNode the primary of {@code from} when it began, for people
 * @param targetNode the primary of {@code to} when it began, for people
 * @param begunAt every map of at least this version knows of it, or it is long over
 * @param attempt number of the last stream that was begun, 0 before the first: every leader of the source that takes over begins
 *     anew
 * @param epochs sum of the slots' ownership epochs when that attempt began: they only grow, so any other sum says that the slots
 *     are not what was streamed
 * @param createMillis wall clock of who proposed it, milliseconds
 * @param startMillis when the first stream began, 0 before that
 * @param endMillis when it ended, 0 before that
 * @param pauseMillis how long calls waited for the change of owner, as the source's primary measured it
 * @param lastError why the last attempt but one, or the last of all, came to nothing; empty for none
 */
public record Migration(
        String id,
        List<SlotRange> slots,
        String from,
        String to,
        String sourceNode,
        String targetNode,
        long begunAt,
        State state,
        long attempt,
        long epochs,
        long createMillis,
        long startMillis,
        long endMillis,
        long pauseMillis,
        String lastError) {
    /** Most ranges of one migration: every other slot. */
    static final int MAX_RANGES = SlotRange.SLOTS / 2;

    static final int MAX_ID = 64;
    static final int MAX_ERROR = 500;

    /** What became of it. */
    public enum State {
        RUNNING(0),
        /** The slots have their new owner. */
        DONE(1),
        CANCELED(2),
        FAILED(3);

        private final int code;

        State(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }

        static State of(int code) {
            for (State state : values()) {
                if (state.code == code) {
                    return state;
                }
            }
            throw new FormatException("unknown state of a migration: " + code);
        }
    }

    public Migration {
        slots = List.copyOf(slots);
        if (slots.isEmpty() || slots.size() > MAX_RANGES || id.isEmpty() || id.length() > MAX_ID) {
            throw new IllegalArgumentException("a migration " + id + " of " + slots.size() + " ranges");
        }
    }

    public boolean isRunning() {
        return state == State.RUNNING;
    }

    /** Whether it moves the slot. */
    public boolean has(int slot) {
        for (SlotRange range : slots) {
            if (slot >= range.first() && slot <= range.last()) {
                return true;
            }
        }
        return false;
    }

    public int slotCount() {
        return slots.stream().mapToInt(SlotRange::size).sum();
    }

    Migration begins(long sum, long nowMillis, String why) {
        long start = startMillis == 0 ? nowMillis : startMillis;
        return with(state, attempt + 1, sum, start, 0, 0, why);
    }

    Migration ends(State end, long nowMillis, long pause, String why) {
        return with(end, attempt, epochs, startMillis, nowMillis, pause, why);
    }

    private Migration with(State newState, long newAttempt, long sum, long start, long end, long pause, String why) {
        String error = why.length() > MAX_ERROR ? why.substring(0, MAX_ERROR) : why;
        return new Migration(
                id,
                slots,
                from,
                to,
                sourceNode,
                targetNode,
                begunAt,
                newState,
                newAttempt,
                sum,
                createMillis,
                start,
                end,
                pause,
                error);
    }
}

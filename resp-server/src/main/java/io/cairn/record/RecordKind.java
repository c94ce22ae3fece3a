package io.cairn.record;

/** What a record is. The codes are on disk: never change one. */
public enum RecordKind {
    /** One command. */
    COMMAND(1),
    /** A MULTI block: the versions it watched and its commands. */
    BLOCK(2),
    /** Nothing but a time: raises the last applied stamp (SAFETY 4). */
    TICK(3),
    /** A piece of a large argument, sent ahead of the record that refers to it. */
    CHUNK(4),
    /** Other {@link io.cairn.keyspace.DataLimits} from here on. */
    LIMITS(5),
    /**
     * What scripts did at its time, under its limits: a block that watches every key that they named. It takes effect at that time, not a later
     * one, or not at all.
     */
    EFFECTS(6);

    static final int MASK = 0x07;
    /** A time difference to the batch follows the head byte. */
    static final int HAS_TIME = 0x08;
    /** A database number follows. */
    static final int HAS_DATABASE = 0x10;
    /** Argument lengths carry a mark in their lowest bit: the argument is a reference to received chunks. */
    static final int HAS_REFERENCES = 0x20;

    /** Of a command or block that came from the node's primary: nothing counts as expired in it. */
    static final int APPLIED = 0x40;

    static final int KNOWN = MASK | HAS_TIME | HAS_DATABASE | HAS_REFERENCES | APPLIED;

    final int code;

    RecordKind(int code) {
        this.code = code;
    }

    static RecordKind of(int head) {
        int code = head & MASK;
        if ((head & ~KNOWN) != 0 || code == 0 || code > 6) {
            throw new RecordException("unknown record head 0x" + Integer.toHexString(head));
        }
        return switch (code) {
            case 1 -> COMMAND;
            case 2 -> BLOCK;
            case 3 -> TICK;
            case 4 -> CHUNK;
            case 5 -> LIMITS;
            default -> EFFECTS;
        };
    }
}

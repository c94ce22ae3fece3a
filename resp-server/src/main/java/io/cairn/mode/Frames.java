package io.cairn.mode;

/** The kinds of frames of a migration's stream; part of the format of the target's log. */
final class Frames {
    /** A key: database, key, expiry, form, value. */
    static final int KEY = 1;
    /** A command that ran: time, seed, database, arguments. */
    static final int COMMAND = 2;
    /** All keys of the slots are gone. */
    static final int CLEAR = 3;
    /** The limits under which commands run from here on. */
    static final int LIMITS = 4;
    /** The source has frozen the slots: last stamp. */
    static final int END = 5;

    /** Forms of values: bytes as they are, as a string that was appended to, a number, and what {@link io.cairn.rdb.ValueCodec} writes. */
    static final int BYTES = 0;

    static final int RAW = 1;
    static final int NUMBER = 2;
    static final int CODED = 3;

    private Frames() {}
}

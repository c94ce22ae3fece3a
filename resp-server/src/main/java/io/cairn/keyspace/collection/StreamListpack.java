package io.cairn.keyspace.collection;

/**
 * The listpack of one node of a stream, as Redis lays it out (t_stream.c): a master entry
 *
 * <pre>valid entries | deleted entries | number of fields | field ... | 0</pre>
 *
 * and entries, whose ids are differences to the id that the node is found by:
 *
 * <pre>flags | ms | sequence | number of fields | field | value ... | number of elements before this one</pre>
 *
 * Of an entry with the fields of the master entry ({@link #SAME_FIELDS}) only the values are there. Changes are made in place; the caller has made
 * room.
 */
final class StreamListpack {
    static final int DELETED = 1;
    static final int SAME_FIELDS = 2;

    /** Room for what an entry has besides fields and values, and for a count that needs more bytes than before. */
    static final int OVERHEAD = 80;

    private StreamListpack() {}

    static long entries(long lp) {
        return Listpack.number(lp, Listpack.first(lp));
    }

    static long deleted(long lp) {
        return Listpack.number(lp, Listpack.next(lp, Listpack.first(lp)));
    }

    /** Position of the number of fields of the master entry. */
    static int masterFields(long lp) {
        return Listpack.next(lp, Listpack.next(lp, Listpack.first(lp)));
    }

    static int skip(long lp, int at, long elements) {
        int to = at;
        for (long i = 0; i < elements; i++) {
            to = Listpack.next(lp, to);
        }
        return to;
    }

    static int skipBack(long lp, int at, long elements) {
        int to = at;
        for (long i = 0; i < elements; i++) {
            to = Listpack.previous(lp, to);
        }
        return to;
    }

    /** Bytes that an entry takes at most, master entry included. */
    static long bytes(StreamFields fields) {
        long bytes = OVERHEAD + Listpack.EMPTY_BYTES;
        for (int i = 0; i < 2 * fields.pairs(); i++) {
            bytes += Listpack.stringItemBytes(fields.length(i));
        }
        return bytes;
    }

    /** Makes the listpack one with a master entry that counts one entry, which is still to be appended. */
    static void begin(long lp, StreamFields fields) {
        ListpackEdit.clear(lp);
        append(lp, 1);
        append(lp, 0);
        append(lp, fields.pairs());
        for (int i = 0; i < fields.pairs(); i++) {
            append(lp, fields.address(2 * i), fields.length(2 * i));
        }
        append(lp, 0);
    }

    /** True if the fields are those of the master entry, in the same order. */
    static boolean hasFields(long lp, StreamFields fields) {
        int at = masterFields(lp);
        if (Listpack.number(lp, at) != fields.pairs()) {
            return false;
        }
        for (int i = 0; i < fields.pairs(); i++) {
            at = Listpack.next(lp, at);
            if (!Listpack.equals(lp, at, fields.address(2 * i), fields.length(2 * i))) {
                return false;
            }
        }
        return true;
    }

    /** Appends an entry; its count is the caller's. */
    static void append(long lp, long ms, long sequence, StreamFields fields, boolean sameFields) {
        append(lp, sameFields ? SAME_FIELDS : 0);
        append(lp, ms);
        append(lp, sequence);
        int pairs = fields.pairs();
        if (!sameFields) {
            append(lp, pairs);
        }
        for (int i = 0; i < pairs; i++) {
            if (!sameFields) {
                append(lp, fields.address(2 * i), fields.length(2 * i));
            }
            append(lp, fields.address(2 * i + 1), fields.length(2 * i + 1));
        }
        append(lp, sameFields ? 3L + pairs : 4L + 2L * pairs);
    }

    private static void append(long lp, long number) {
        ListpackEdit.insert(lp, Listpack.bytes(lp) - 1, number);
    }

    private static void append(long lp, long bytes, int length) {
        ListpackEdit.insert(lp, Listpack.bytes(lp) - 1, bytes, length);
    }

    static void setEntries(long lp, long entries) {
        ListpackEdit.replace(lp, Listpack.first(lp), entries);
    }

    static void setDeleted(long lp, long deleted) {
        ListpackEdit.replace(lp, Listpack.next(lp, Listpack.first(lp)), deleted);
    }

    /** Sets the flag of the entry whose flags are at a position; how many bytes what follows has moved. */
    static int markDeleted(long lp, int flagsAt) {
        int before = Listpack.bytes(lp);
        ListpackEdit.replace(lp, flagsAt, Listpack.number(lp, flagsAt) | DELETED);
        return Listpack.bytes(lp) - before;
    }

    /**
     * The id of the last entry, deleted or not; false if there is none. Redis: lpGetEdgeStreamID.
     *
     * @param id comes with the id that the node is found by
     */
    static boolean last(long lp, StreamId id) {
        int countAt = Listpack.last(lp);
        long elements = Listpack.number(lp, countAt);
        if (elements == 0) {
            return false;
        }
        int at = Listpack.next(lp, skipBack(lp, countAt, elements));
        id.ms += Listpack.number(lp, at);
        id.sequence += Listpack.number(lp, Listpack.next(lp, at));
        return true;
    }

    /**
     * Marks entries as deleted from the front on: to leave {@code keep} of {@code length}, or those before {@code least}. It ends at the first that is
     * to stay, deleted ones before it were passed over. The counts are brought up to date.
     *
     * @param keep entries that the stream is to keep, or -1 for {@code least}
     * @param length of the stream
     * @param master the id that the node is found by
     * @return how many entries are gone
     */
    static long trim(long lp, long keep, long length, StreamId master, StreamId least) {
        int at = masterFields(lp);
        long masterFields = Listpack.number(lp, at);
        at = Listpack.next(lp, skip(lp, at, masterFields + 1));
        long gone = 0;
        while (at != Listpack.NONE) {
            int flagsAt = at;
            long flags = Listpack.number(lp, at);
            at = Listpack.next(lp, at);
            long ms = master.ms + Listpack.number(lp, at);
            at = Listpack.next(lp, at);
            long sequence = master.sequence + Listpack.number(lp, at);
            at = Listpack.next(lp, at);
            if (keep >= 0 ? length - gone <= keep : least.compareTo(ms, sequence) <= 0) {
                break;
            }
            long body = masterFields;
            if ((flags & SAME_FIELDS) == 0) {
                body = 2 * Listpack.number(lp, at) + 1;
            }
            int countAt = skip(lp, at, body);
            if ((flags & DELETED) == 0) {
                countAt += markDeleted(lp, flagsAt);
                gone++;
            }
            at = Listpack.next(lp, countAt);
        }
        long left = entries(lp) - gone;
        long deleted = deleted(lp) + gone;
        setEntries(lp, left);
        setDeleted(lp, deleted);
        return gone;
    }

    /**
     * True if these bytes are a node that nothing here can stumble over: every element is sound, and the entries are as many and as long as they say.
     * Redis: streamValidateListpackIntegrity, which does not look whether deleted entries are as many as counted.
     */
    static boolean valid(long lp, long length) {
        return Listpack.valid(lp, length, true) && new Check(lp).all();
    }

    /** One walk over a listpack whose elements are sound. */
    private static final class Check {
        private final long lp;
        private int at;

        Check(long lp) {
            this.lp = lp;
            this.at = Listpack.first(lp);
        }

        boolean all() {
            long entries = number();
            long deleted = number();
            long masterFields = number();
            if (entries < 0 || deleted < 0 || masterFields < 0 || !pass(masterFields) || number() != 0) {
                return false;
            }
            while (at != Listpack.NONE) {
                long flags = number();
                if (flags < 0 || !pass(2, true)) {
                    return false;
                }
                long elements = 3 + masterFields;
                boolean passed;
                if ((flags & SAME_FIELDS) != 0) {
                    passed = pass(masterFields);
                } else {
                    long fields = number();
                    elements = 4 + 2 * fields;
                    passed = fields >= 0 && fields <= Integer.MAX_VALUE && pass(2 * fields);
                }
                if (!passed || number() != elements) {
                    return false;
                }
                if ((flags & DELETED) != 0) {
                    deleted--;
                } else {
                    entries--;
                }
            }
            return entries == 0 && deleted == 0;
        }

        /** The number here, or less than 0 if there is none or it is smaller. */
        private long number() {
            if (at == Listpack.NONE || !Listpack.isNumber(lp, at)) {
                return -1;
            }
            long number = Listpack.number(lp, at);
            at = Listpack.next(lp, at);
            return number;
        }

        private boolean pass(long elements) {
            return pass(elements, false);
        }

        private boolean pass(long elements, boolean numbers) {
            for (long i = 0; i < elements; i++) {
                if (at == Listpack.NONE || (numbers && !Listpack.isNumber(lp, at))) {
                    return false;
                }
                at = Listpack.next(lp, at);
            }
            return true;
        }
    }
}

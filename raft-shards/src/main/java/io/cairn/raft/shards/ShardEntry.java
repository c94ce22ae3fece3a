package io.cairn.raft.shards;

import io.cairn.raft.meta.FormatException;
import io.cairn.raft.meta.SlotRange;
import io.cairn.raft.meta.WireReader;
import io.cairn.raft.meta.WireWriter;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The payload of an entry in a shard's log: a version byte, a kind byte, and for {@link #BATCH} the records as the layer
 * above wrote them, for {@link #CONTROL} an operation of this layer.
 */
final class ShardEntry {
    static final byte VERSION = 1;

    /** Opaque records. */
    static final byte BATCH = 1;

    /** An operation on the slot table or the term. */
    static final byte CONTROL = 2;

    /** A piece of what a migration brings: id, attempt, number of the piece, bytes. */
    static final byte IMPORT = 3;

    private static final int TERM_START = 1;
    private static final int ACTIVATE = 2;
    private static final int RELEASE = 3;
    private static final int RELEASE_EMPTY = 4;
    private static final int OPEN = 5;
    private static final int FREEZE = 6;
    private static final int DROP = 7;
    private static final int IMPORT_BEGIN = 8;
    private static final int IMPORT_DROP = 9;
    private static final int ACTIVATE_IMPORTED = 10;
    private static final int ACTIVATE_OPEN = 11;
    private static final int HOLD = 32;
    private static final int END = 33;
    private static final int RESUME = 34;

    /** An operation of this layer. */
    sealed interface Control {}

    /** The first entry of a leader: what it proposed before, in an earlier term, is decided. */
    record TermStart() implements Control {}

    /**
     * Slots to serve from here on, each range under its epoch.
     *
     * @param committed attempts of migrations to this shard that the meta group has committed: what they brought is to be
     *     shown, under whatever epoch the slots have by now
     * @param migrating those of the slots that the map has as migrating: keys of them may be at the importer, so they are never
     *     served wholly, not even for a moment
     */
    record Activate(List<Activation> activations, List<Attempt> committed, List<SlotRange> migrating)
            implements Control {
        Activate {
            activations = List.copyOf(activations);
            committed = List.copyOf(committed);
            migrating = List.copyOf(migrating);
        }

        Activate(List<Activation> activations, List<Attempt> committed) {
            this(activations, committed, List.of());
        }

        Activate(List<Activation> activations) {
            this(activations, List.of());
        }
    }

    /** One attempt of a migration. */
    record Attempt(String id, long number) {}

    /**
     * Slots served no longer from here on, each slot if it is served under its epoch, and with
     * {@code onlyEmpty} if it has no key; the data stays.
     */
    record Release(List<Activation> slots, boolean onlyEmpty) implements Control {}

    /** A slot changes between served, migrating, importing and absent if it is under its epoch. */
    record Open(int slot, SlotState state, long epoch) implements Control {}

    /** Slots that are served under their epoch answer nobody from here on, until {@link Drop} or {@link Activate}. */
    record Freeze(List<Activation> slots) implements Control {}

    /** Slots that are frozen or held under their epoch are gone: another shard has them. */
    record Drop(List<Activation> slots) implements Control {}

    /**
     * What follows of this migration's attempt belongs to these slots; what came of earlier attempts is forgotten.
     *
     * @param since a version of the meta map that knows of the attempt
     * @param slots with their epochs at the source
     */
    record ImportBegin(String id, long attempt, long since, List<Activation> slots) implements Control {}

    /** The migration came to nothing: what was received goes. */
    record ImportDrop(String id, long attempt) implements Control {}

    /** Most of the voters were lost, and this log is what is left: see {@link ShardRecovery}. */
    record Hold() implements Control {}

    /** The shard leaves raft mode: nothing is written after it, unless that attempt is given up. */
    record End(long attempt) implements Control {}

    /** The attempt was given up: the log goes on. */
    record Resume(long attempt) implements Control {}

    /** A range of slots and their ownership epoch. */
    record Activation(SlotRange range, long epoch) {}

    private ShardEntry() {}

    static ByteBuffer encode(Control control) {
        WireWriter out = new WireWriter().u8(VERSION).u8(CONTROL);
        if (control instanceof Activate activate) {
            // An older build reads what needs nothing that it does not know.
            boolean opens = !activate.migrating().isEmpty();
            boolean first = activate.committed().isEmpty() && !opens;
            int kind = first ? ACTIVATE : opens ? ACTIVATE_OPEN : ACTIVATE_IMPORTED;
            writeSlots(out.u8(kind), activate.activations());
            if (!first) {
                writeAttempts(out, activate.committed());
            }
            if (opens) {
                writeRanges(out, activate.migrating());
            }
        } else if (control instanceof Release release) {
            writeSlots(out.u8(release.onlyEmpty() ? RELEASE_EMPTY : RELEASE), release.slots());
        } else if (control instanceof Freeze freeze) {
            writeSlots(out.u8(FREEZE), freeze.slots());
        } else if (control instanceof Drop drop) {
            writeSlots(out.u8(DROP), drop.slots());
        } else if (control instanceof ImportBegin begin) {
            out.u8(IMPORT_BEGIN).text(begin.id()).i64(begin.attempt()).i64(begin.since());
            writeSlots(out, begin.slots());
        } else if (control instanceof ImportDrop drop) {
            out.u8(IMPORT_DROP).text(drop.id()).i64(drop.attempt());
        } else if (control instanceof Open open) {
            out.u8(OPEN).u16(open.slot()).u8(open.state().code()).i64(open.epoch());
        } else if (control instanceof End end) {
            out.u8(END).i64(end.attempt());
        } else if (control instanceof Resume resume) {
            out.u8(RESUME).i64(resume.attempt());
        } else if (control instanceof Hold) {
            out.u8(HOLD);
        } else {
            out.u8(TERM_START);
        }
        return ByteBuffer.wrap(out.toBytes());
    }

    /** A piece of a migration as an entry. */
    static ByteBuffer importEntry(String id, long attempt, long number, ByteBuffer bytes) {
        byte[] name = id.getBytes(StandardCharsets.US_ASCII);
        ByteBuffer entry = ByteBuffer.allocate(3 + name.length + 2 * Long.BYTES + bytes.remaining());
        entry.put(VERSION).put(IMPORT).put((byte) name.length).put(name);
        entry.putLong(attempt).putLong(number).put(bytes);
        return entry.flip();
    }

    /**
     * A piece of a migration.
     *
     * @param bytes valid as long as the entry
     */
    record ImportPiece(String id, long attempt, long number, ByteBuffer bytes) {}

    /** The version and kind bytes are read already. */
    static ImportPiece decodeImport(ByteBuffer entry) {
        try {
            ByteBuffer in = entry.slice();
            byte[] name = new byte[in.get() & 0xFF];
            in.get(name);
            return new ImportPiece(new String(name, StandardCharsets.US_ASCII), in.getLong(), in.getLong(), in.slice());
        } catch (BufferUnderflowException e) {
            throw new FormatException("a piece of a migration ends early", e);
        }
    }

    static void writeSlots(WireWriter out, List<Activation> slots) {
        out.u16(slots.size());
        for (Activation slot : slots) {
            out.u16(slot.range().first()).u16(slot.range().last()).i64(slot.epoch());
        }
    }

    static List<Activation> readSlots(WireReader in) {
        List<Activation> slots = new ArrayList<>();
        for (int left = in.u16(); left > 0; left--) {
            slots.add(new Activation(new SlotRange(in.u16(), in.u16()), in.i64()));
        }
        return slots;
    }

    private static void writeRanges(WireWriter out, List<SlotRange> ranges) {
        out.u16(ranges.size());
        ranges.forEach(range -> out.u16(range.first()).u16(range.last()));
    }

    private static List<SlotRange> readRanges(WireReader in) {
        List<SlotRange> ranges = new ArrayList<>();
        for (int left = in.u16(); left > 0; left--) {
            ranges.add(new SlotRange(in.u16(), in.u16()));
        }
        return ranges;
    }

    private static void writeAttempts(WireWriter out, List<Attempt> attempts) {
        out.u16(attempts.size());
        attempts.forEach(one -> out.text(one.id()).i64(one.number()));
    }

    private static List<Attempt> readAttempts(WireReader in) {
        List<Attempt> attempts = new ArrayList<>();
        for (int left = in.u16(); left > 0; left--) {
            attempts.add(new Attempt(in.text(), in.i64()));
        }
        return attempts;
    }

    private static Control readOpen(WireReader in) {
        int slot = in.u16();
        int state = in.u8();
        long epoch = in.i64();
        for (SlotState known : SlotState.values()) {
            if (known.code() == state && slot < SlotRange.SLOTS) {
                return new Open(slot, known, epoch);
            }
        }
        throw new FormatException("slot " + slot + " in state " + state);
    }

    /** @throws FormatException for what {@link #encode} does not write; the version and kind bytes are read already */
    static Control decodeControl(ByteBuffer bytes) {
        try {
            WireReader in = new WireReader(bytes);
            Control control = control(in);
            in.end();
            return control;
        } catch (IllegalArgumentException e) {
            throw new FormatException("a value out of bounds: " + e.getMessage(), e);
        }
    }

    private static Control control(WireReader in) {
        int operation = in.u8();
        return switch (operation) {
            case TERM_START -> new TermStart();
            case ACTIVATE -> new Activate(readSlots(in));
            case ACTIVATE_IMPORTED -> new Activate(readSlots(in), readAttempts(in));
            case ACTIVATE_OPEN -> new Activate(readSlots(in), readAttempts(in), readRanges(in));
            case RELEASE -> new Release(readSlots(in), false);
            case RELEASE_EMPTY -> new Release(readSlots(in), true);
            case OPEN -> readOpen(in);
            case FREEZE -> new Freeze(readSlots(in));
            case DROP -> new Drop(readSlots(in));
            case IMPORT_BEGIN -> new ImportBegin(in.text(), in.i64(), in.i64(), readSlots(in));
            case IMPORT_DROP -> new ImportDrop(in.text(), in.i64());
            case HOLD -> new Hold();
            case END -> new End(in.i64());
            case RESUME -> new Resume(in.i64());
            default -> throw new FormatException("unknown shard operation " + operation);
        };
    }
}

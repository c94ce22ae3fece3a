package io.cairn.raft.shards;

import io.cairn.raft.meta.FormatException;
import io.cairn.raft.meta.SlotRange;
import io.cairn.raft.meta.WireReader;
import io.cairn.raft.meta.WireWriter;
import java.nio.ByteBuffer;
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

    private static final int TERM_START = 1;
    private static final int ACTIVATE = 2;

    /** An operation of this layer. */
    sealed interface Control {}

    /** The first entry of a leader: what it proposed before, in an earlier term, is decided. */
    record TermStart() implements Control {}

    /** Slots to serve from here on, each range under its epoch. */
    record Activate(List<Activation> activations) implements Control {}

    /** A range of slots and their ownership epoch. */
    record Activation(SlotRange range, long epoch) {}

    private ShardEntry() {}

    static ByteBuffer encode(Control control) {
        WireWriter out = new WireWriter().u8(VERSION).u8(CONTROL);
        if (control instanceof Activate activate) {
            out.u8(ACTIVATE).u16(activate.activations().size());
            for (Activation activation : activate.activations()) {
                out.u16(activation.range().first())
                        .u16(activation.range().last())
                        .i64(activation.epoch());
            }
        } else {
            out.u8(TERM_START);
        }
        return ByteBuffer.wrap(out.toBytes());
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
            case ACTIVATE -> {
                List<Activation> activations = new ArrayList<>();
                for (int left = in.u16(); left > 0; left--) {
                    activations.add(new Activation(new SlotRange(in.u16(), in.u16()), in.i64()));
                }
                yield new Activate(activations);
            }
            default -> throw new FormatException("unknown shard operation " + operation);
        };
    }
}

package io.cairn.raft.shards;

import io.cairn.raft.meta.FormatException;
import io.cairn.raft.meta.WireReader;
import io.cairn.raft.meta.WireWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What the leaders of the two shards of a migration say to each other. */
final class MigrationMessages {
    /** "Receive these slots": answered as a piece is, once the target's log says so. */
    static final int BEGIN = 1;
    /** A piece of the stream; without bytes, a question how far it has come. */
    static final int PIECE = 2;
    /** "The meta group has decided: look." */
    static final int DECIDED = 3;

    /** The answer: what the target's log has. */
    static final int OK = 0;
    /** It is not the leader, or cannot take it now: ask again, perhaps elsewhere. */
    static final int AGAIN = 1;
    /** It will never take it. */
    static final int REFUSED = 2;

    private MigrationMessages() {}

    static byte[] begin(String id, long attempt, List<ShardEntry.Activation> slots) {
        WireWriter out = new WireWriter().u8(BEGIN).text(id).i64(attempt);
        ShardEntry.writeSlots(out, slots);
        return out.toBytes();
    }

    static byte[] piece(String id, long attempt, long number, byte[] bytes) {
        byte[] name = id.getBytes(StandardCharsets.US_ASCII);
        ByteBuffer out = ByteBuffer.allocate(2 + name.length + 2 * Long.BYTES + bytes.length);
        out.put((byte) PIECE).put((byte) name.length).put(name).putLong(attempt).putLong(number);
        return out.put(bytes).array();
    }

    /** Reads {@link #piece} without its first byte. */
    static ShardEntry.ImportPiece readPiece(byte[] message) {
        return ShardEntry.decodeImport(ByteBuffer.wrap(message, 1, message.length - 1));
    }

    static byte[] decided(long version) {
        return new WireWriter().u8(DECIDED).i64(version).toBytes();
    }

    /**
     * How far the target has come.
     *
     * @param next number of the piece it wants
     * @param ended it has all
     */
    record Answer(int status, long next, boolean ended, String reason) {
        static Answer again(String why) {
            return new Answer(AGAIN, 0, false, why);
        }

        static Answer refused(String why) {
            return new Answer(REFUSED, 0, false, why);
        }

        byte[] toBytes() {
            return new WireWriter()
                    .u8(status)
                    .i64(next)
                    .u8(ended ? 1 : 0)
                    .text(reason)
                    .toBytes();
        }

        static Answer read(byte[] bytes) {
            WireReader in = new WireReader(bytes);
            Answer answer = new Answer(in.u8(), in.i64(), in.u8() != 0, in.text());
            in.end();
            if (answer.status > REFUSED) {
                throw new FormatException("an answer of status " + answer.status);
            }
            return answer;
        }
    }
}

package io.cairn.rdb;

import io.cairn.keyspace.Database;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Value;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;

/**
 * One value as a type byte and the body that RDB files have, without version and checksum: between nodes of a cluster, whose
 * carrier has those. Unlike {@link DumpPayload} it takes every value, and it is read as a file is, so that the order of what is
 * in a collection stays. Not thread-safe.
 */
public final class ValueCodec {
    private final RdbOutput out;

    /** Values go to this channel. */
    public ValueCodec(WritableByteChannel channel) {
        this.out = new RdbOutput(channel, false);
    }

    /** Writes a value, all of it to the channel. */
    public void write(Value value) throws IOException {
        out.restart();
        out.putByte(RdbTypes.type(value));
        RdbTypes.write(out, value);
        out.flush();
    }

    /**
     * Stores a value that was written; the caller holds the key's stripe.
     *
     * @throws RdbException when the bytes are damaged
     */
    public static void store(
            long bytes, int length, Keyspace keyspace, Database target, long key, int keyLength, long expireAt)
            throws IOException {
        RdbInput in = new RdbInput(bytes, length);
        int type = in.readByte();
        try (RdbString string = new RdbString();
                LoadedValue value = RdbTypes.read(type, in, string, keyspace.encodingLimits(), RdbReader.KEPT)) {
            if (value.isEmpty() || !in.atEnd()) {
                throw in.bad("bytes behind the value, or a collection without elements");
            }
            value.store(target, key, keyLength, expireAt);
        }
    }
}

package io.cairn.rdb;

import java.io.IOException;
import java.nio.channels.ReadableByteChannel;

/** Reads what {@link VersionsWriter} wrote. */
public final class VersionsReader {
    private final RdbInput in;
    private long count;

    public VersionsReader(ReadableByteChannel channel) throws IOException {
        this.in = new RdbInput(channel);
        for (byte expected : VersionsWriter.MAGIC) {
            if (in.readByte() != expected) {
                throw in.bad("not a file of key versions");
            }
        }
        int format = in.readByte();
        if (format != VersionsWriter.FORMAT) {
            throw in.bad("key versions of format " + format + ", known is " + VersionsWriter.FORMAT);
        }
    }

    long next() throws IOException {
        count++;
        return in.readLittleEndian(Long.BYTES);
    }

    /** Checks the end; the keyspace's last version when the snapshot began. */
    long finish() throws IOException {
        long expected = in.readLittleEndian(Long.BYTES);
        if (expected != count) {
            throw in.bad("versions of " + expected + " keys, but there are " + count);
        }
        long lastVersion = in.readLittleEndian(Long.BYTES);
        long crc = in.crc();
        if (in.readLittleEndian(Long.BYTES) != crc) {
            throw in.bad("the checksum of the key versions is wrong");
        }
        return lastVersion;
    }
}

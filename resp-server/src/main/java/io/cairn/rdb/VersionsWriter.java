package io.cairn.rdb;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;

/**
 * The versions of a snapshot's keys, in a file beside the RDB file, one per entry in the same order: Redis's format has
 * no place for them, and raft mode must keep them (SAFETY 12).
 *
 * <pre>
 * "CAIRNVER" | format, 1 byte (1) | version, 8 bytes little endian, per entry | number of entries, 8 bytes
 * | last version of the keyspace, 8 bytes | CRC-64 of all before, 8 bytes
 * </pre>
 */
public final class VersionsWriter {
    static final byte[] MAGIC = "CAIRNVER".getBytes(StandardCharsets.US_ASCII);
    static final int FORMAT = 1;

    private final RdbOutput out;
    private long count;

    public VersionsWriter(WritableByteChannel channel) throws IOException {
        this.out = new RdbOutput(channel, false);
        out.putBytes(MAGIC);
        out.putByte(FORMAT);
    }

    void add(long version) throws IOException {
        out.putLongLittleEndian(version);
        count++;
    }

    /**
     * Writes the end and flushes to the channel.
     *
     * @param lastVersion the keyspace's last version when the snapshot began
     */
    public void finish(long lastVersion) throws IOException {
        out.putLongLittleEndian(count);
        out.putLongLittleEndian(lastVersion);
        out.putLongLittleEndian(out.crc());
        out.flush();
    }
}

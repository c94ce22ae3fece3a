package io.cairn.record;

/**
 * The format. All integers are unsigned LEB128 unless said otherwise.
 *
 * <pre>
 * batch    = version (1 byte) timeMillis seed (8 bytes, little endian) record*
 * record   = head (1 byte: kind, flags; one says that a replica applied it) [zigzag time difference] body
 * COMMAND  = [database] argc argument*
 * BLOCK    = watches {database keyLength key version} commands {head COMMAND-body}
 * TICK     =
 * CHUNK    = blobId offset total length bytes
 * LIMITS   = setIntegers hllSparseBytes streamNodeBytes streamNodeEntries
 * EFFECTS  = LIMITS-body BLOCK-body
 * argument = length bytes | (with HAS_REFERENCES) length*2 bytes | length*2+1 blobId
 * </pre>
 *
 * <p>A SET of a 20-byte key and a 100-byte value costs 23 bytes beside them when alone in its batch, 8 more for each
 * further one. A record's seed is {@link Seeds#derive}d from the batch's.
 */
public final class RecordFormat {
    /** Written by this build. */
    public static final int VERSION = 1;
    /** Arguments larger than this are sent ahead in chunks, bytes. */
    public static final int CHUNK_BYTES = 256 * 1024;
    /** Most arguments of one command: Redis's multibulk limit. */
    public static final int MAX_ARGUMENTS = 1024 * 1024;
    /** Most commands or watches of one block. */
    public static final int MAX_BLOCK = 1024 * 1024;
    /** Largest argument, bytes: Redis's default proto-max-bulk-len. */
    public static final long MAX_ARGUMENT_BYTES = Integer.MAX_VALUE - 64;
    /** Highest database number. */
    public static final int MAX_DATABASE = 1 << 20;

    private RecordFormat() {}
}

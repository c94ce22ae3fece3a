package io.cairn.replica;

import io.cairn.keyspace.Memory;
import io.cairn.rdb.Crc64;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * All data of the primary on its way into a file, in either form: {@code $length}, or {@code $EOF:mark} with the mark behind the data. Used by one thread;
 * figures by any. Redis: readSyncBulkPayload.
 */
final class DataFile {
    private static final int MARK_BYTES = 40;
    private static final int CHUNK_BYTES = 256 * 1024;
    private static final int CRC_BYTES = 8;
    /** From this version of the format on a file ends with its checksum. */
    private static final int FIRST_WITH_CRC = 5;

    private static final String EOF = "$EOF:";

    private final LinkChannel link;
    private final long timeoutMillis;
    private final byte @org.jspecify.annotations.Nullable [] mark;
    private final long length;
    private volatile long received;

    private DataFile(
            LinkChannel link, long timeoutMillis, byte @org.jspecify.annotations.Nullable [] mark, long length) {
        this.link = link;
        this.timeoutMillis = timeoutMillis;
        this.mark = mark;
        this.length = length;
    }

    /** Reads how the data comes; waits for signs of life while the primary makes it. */
    static DataFile announced(LinkChannel link, long timeoutMillis) throws IOException {
        String head = link.readLine(timeoutMillis);
        while (head.isEmpty()) {
            head = link.readLine(timeoutMillis);
        }
        if (head.startsWith("-")) {
            throw new IOException("the primary aborted the sync: " + head.substring(1));
        }
        if (head.startsWith(EOF) && head.length() == EOF.length() + MARK_BYTES) {
            byte[] mark = head.substring(EOF.length()).getBytes(StandardCharsets.ISO_8859_1);
            return new DataFile(link, timeoutMillis, mark, 0);
        }
        if (!head.matches("\\$[0-9]{1,18}")) {
            throw new IOException("the primary announced no data but '" + head + "'");
        }
        return new DataFile(link, timeoutMillis, null, Long.parseLong(head.substring(1)));
    }

    /** The primary waits for a sign of life before it goes on: it did not tell the length. */
    boolean hasMark() {
        return mark != null;
    }

    /** 0 when it is not known. */
    long length() {
        return length;
    }

    /** Bytes received. */
    long received() {
        return received;
    }

    /**
     * Receives all of it and checks it. On the disk's cache only: it is loaded at once. Linux has no name for the file any more once it is open: nothing
     * is left of it, however this process ends, and a link that is about to end cannot harm the next one's.
     *
     * @param file name of the file while it is opened
     * @return the file, at its beginning; the caller closes it
     * @throws IOException when the link fails, or what came is no RDB file with a right checksum
     */
    FileChannel receive(Path file) throws IOException {
        FileChannel out = FileChannel.open(
                file,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE);
        boolean whole = false;
        try {
            if (mark == null) {
                receiveLength(out);
            } else {
                receiveToMark(out);
            }
            check(out.position(0));
            whole = true;
            return out.position(0);
        } finally {
            if (!whole) {
                out.close();
            }
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // One thread writes it.
    private void receiveLength(FileChannel out) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
        while (received < length) {
            chunk.clear().limit((int) Math.min(CHUNK_BYTES, length - received));
            read(chunk);
            received += chunk.flip().remaining();
            write(out, chunk);
        }
    }

    private void receiveToMark(FileChannel out) throws IOException {
        Direct direct = direct();
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
        while (direct.read(chunk.clear()) >= 0) {
            write(out, chunk.flip());
        }
    }

    /** The data as it comes, to be loaded without a file. */
    Direct direct() {
        return new Direct();
    }

    /** The data without what marks its end. */
    final class Direct implements ReadableByteChannel {
        private final ByteBuffer in =
                ByteBuffer.allocate(CHUNK_BYTES + MARK_BYTES).limit(0);
        private boolean ended;

        /** -1 at the end. Nothing follows a mark until the primary heard of us, so it is the end of what was read. */
        @Override
        public int read(ByteBuffer into) throws IOException {
            int held = mark == null ? 0 : MARK_BYTES;
            while (in.remaining() <= held && !ended) {
                fill();
            }
            int ready = ended ? in.remaining() : in.remaining() - held;
            if (ready == 0) {
                return -1;
            }
            int part = Math.min(ready, into.remaining());
            into.put(in.array(), in.position(), part);
            in.position(in.position() + part);
            return part;
        }

        @SuppressWarnings("NonAtomicVolatileUpdate") // One thread writes it.
        private void fill() throws IOException {
            in.compact();
            if (mark == null) {
                in.limit((int) Math.min(in.capacity(), in.position() + length - received));
            }
            int before = in.position();
            if (in.hasRemaining()) {
                DataFile.this.read(in);
            }
            received += in.position() - before;
            in.flip();
            byte[] end = mark;
            if (end == null) {
                ended = received == length;
            } else if (in.limit() >= MARK_BYTES
                    && Arrays.equals(in.array(), in.limit() - MARK_BYTES, in.limit(), end, 0, MARK_BYTES)) {
                in.limit(in.limit() - MARK_BYTES);
                ended = true;
            }
        }

        /** Reads to the end: the loader may have stopped before the mark. */
        void finish() throws IOException {
            ByteBuffer rest = ByteBuffer.allocate(MARK_BYTES);
            int count = read(rest);
            while (count >= 0) {
                count = read(rest.clear());
            }
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }

    private void read(ByteBuffer into) throws IOException {
        if (link.read(into, timeoutMillis) == 0) {
            throw new SocketTimeoutException("the primary sent no data for " + timeoutMillis + " ms");
        }
    }

    private static void write(FileChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }

    /** What is not whole must be known before the old data is gone. */
    private static void check(FileChannel in) throws IOException {
        long size = in.size();
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
        long address = Memory.addressOf(chunk);
        long crc = 0;
        long summed = 0;
        int version = -1;
        while (summed < size - CRC_BYTES) {
            chunk.clear().limit((int) Math.min(CHUNK_BYTES, size - CRC_BYTES - summed));
            if (in.read(chunk) < 0) {
                throw new EOFException("the data was cut short");
            }
            if (version < 0) {
                version = version(address, chunk.position());
            }
            crc = Crc64.update(crc, address, chunk.position());
            summed += chunk.position();
        }
        chunk.clear().limit(CRC_BYTES);
        int count = 0;
        while (chunk.hasRemaining() && count >= 0) {
            count = in.read(chunk);
        }
        if (version < 0 || chunk.hasRemaining()) {
            throw new IOException("the primary's data is no RDB file");
        }
        long stored = Long.reverseBytes(chunk.flip().getLong());
        if (version >= FIRST_WITH_CRC && stored != 0 && stored != crc) {
            throw new IOException("the primary's data arrived with a wrong checksum");
        }
    }

    private static int version(long address, int available) throws IOException {
        byte[] head = Memory.bytes(address, Math.min(available, 9));
        String text = new String(head, StandardCharsets.ISO_8859_1);
        if (!text.matches("REDIS[0-9]{4}")) {
            throw new IOException("the primary's data is no RDB file");
        }
        return Integer.parseInt(text.substring(5));
    }
}

package io.cairn.aof;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Overwrites a range of a file with zeros: what ends a log. */
final class Zeros {
    private static final int CHUNK_BYTES = 64 * 1024;

    private Zeros() {}

    /** Not forced. */
    static void fill(StorageFile file, long from, long to) throws IOException {
        ByteBuffer zeros = ByteBuffer.allocate((int) Math.max(0, Math.min(CHUNK_BYTES, to - from)));
        for (long at = from; at < to; ) {
            zeros.clear().limit((int) Math.min(zeros.capacity(), to - at));
            int n = zeros.remaining();
            file.write(zeros, at);
            at += n;
        }
    }
}

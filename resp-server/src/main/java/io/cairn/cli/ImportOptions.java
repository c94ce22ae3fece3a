package io.cairn.cli;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How {@code cairn import} works.
 *
 * @param replace keys that are there are replaced
 * @param databases only keys of these databases of the file; all when empty
 * @param into the database that all keys go to, -1 for that of the file
 * @param pieceBytes larger values are sent in pieces
 * @param windowBytes most bytes of commands that were sent and not answered
 * @param timeoutMillis longest time without an answer, and longest time that one command is tried again
 */
record ImportOptions(
        String host,
        int port,
        @Nullable String user,
        @Nullable String password,
        boolean replace,
        Set<Integer> databases,
        int into,
        long pieceBytes,
        long windowBytes,
        int timeoutMillis) {}

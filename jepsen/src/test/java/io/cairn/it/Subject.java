package io.cairn.it;

import java.util.Set;

/** A client that works by itself while a cluster changes. */
interface Subject extends AutoCloseable {
    /** Client and protocol. */
    String name();

    /** Successful writes so far. */
    long writes();

    /** Successful reads so far. */
    long reads();

    long errors();

    /** Ends the work and checks what was written; empty, or what is wrong. */
    String finish() throws Exception;

    /** After {@link #finish}: the primaries that the client knows, as host:port. */
    Set<String> primaries();

    @Override
    void close();
}

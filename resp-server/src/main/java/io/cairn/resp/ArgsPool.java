package io.cairn.resp;

import io.cairn.command.Args;

/** The argument lists of one event loop that no connection is using. Confined to the loop. */
final class ArgsPool {
    /** Lists kept; a connection holds one only while a request of it is incomplete or waits. */
    private static final int MAX_KEPT = 64;
    /** A list that grew beyond so many arguments is not kept. */
    private static final int MAX_KEPT_ARGUMENTS = 1024;

    private final Args[] kept = new Args[MAX_KEPT];
    private int count;

    Args take() {
        return count == 0 ? new Args() : kept[--count];
    }

    void give(Args args) {
        args.clear();
        if (count < MAX_KEPT && args.capacity() <= MAX_KEPT_ARGUMENTS) {
            kept[count++] = args;
        }
    }
}

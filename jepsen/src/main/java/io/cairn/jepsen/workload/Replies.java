package io.cairn.jepsen.workload;

import io.cairn.jepsen.resp.Reply;
import org.jspecify.annotations.Nullable;

/** Reads replies strictly: what does not have the right shape is no answer, and the operation's outcome is unknown. */
final class Replies {
    private Replies() {}

    /** {@code +OK}. */
    static void ok(Reply reply) {
        if (!(reply instanceof Reply.Simple simple) || !simple.value().equals("OK")) {
            throw new IllegalArgumentException(reply.text());
        }
    }

    /** {@code :number}. */
    static long integer(Reply reply) {
        if (reply instanceof Reply.Int number) {
            return number.value();
        }
        throw new IllegalArgumentException(reply.text());
    }

    /** A bulk string that holds a number, or nil. */
    static @Nullable Long number(Reply reply) {
        if (reply instanceof Reply.Nil) {
            return null;
        }
        if (reply instanceof Reply.Bulk bulk) {
            return Long.valueOf(bulk.text());
        }
        throw new IllegalArgumentException(reply.text());
    }
}

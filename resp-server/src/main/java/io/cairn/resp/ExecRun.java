package io.cairn.resp;

import io.cairn.command.Command;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An EXEC on its way: its queued calls, whose memory it owns, and, when session commands are among them, the putting
 * together of the reply. Session commands run after the block's data commands have taken effect, so a transaction that
 * fails its watches runs none of them.
 */
final class ExecRun {
    final List<QueuedCall> calls;
    private final boolean mixed;
    private byte @Nullable [] replies;
    private int at;
    private int next;

    ExecRun(List<QueuedCall> calls) {
        this.calls = calls;
        boolean session = false;
        for (QueuedCall call : calls) {
            session |= call.command.session() != null;
        }
        mixed = session;
    }

    /** True when the block's reply must be taken apart. */
    boolean mixed() {
        return mixed;
    }

    /** Takes the block's encoded reply; false when it is no array of replies but a nil or an error, sent as it is. */
    boolean begin(byte[] encoded) {
        replies = encoded;
        at = 0;
        if (encoded[0] != '*' || encoded[1] == '-') {
            return false;
        }
        while (encoded[at] != '\n') {
            at++;
        }
        at++;
        next = 0;
        return true;
    }

    /** Writes replies of data commands up to the next session command, which it returns; null at the end. */
    @Nullable
    QueuedCall advance(ReplyBuffer out) {
        byte[] encoded = replies;
        if (encoded == null) {
            throw new IllegalStateException("the block has not answered");
        }
        while (next < calls.size()) {
            QueuedCall call = calls.get(next++);
            Command command = call.command;
            if (command.session() != null) {
                return call;
            }
            int end = ReplySpan.end(encoded, at);
            out.raw(encoded, at, end - at);
            at = end;
        }
        return null;
    }

    void release() {
        calls.forEach(QueuedCall::release);
    }
}

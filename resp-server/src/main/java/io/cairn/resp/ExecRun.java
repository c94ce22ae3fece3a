package io.cairn.resp;

import io.cairn.command.Reply;
import io.cairn.command.SessionGroup;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
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
    /** What answers the next session calls: they took effect together with one before them. */
    private final Deque<Consumer<Reply>> answers = new ArrayDeque<>();

    ExecRun(List<QueuedCall> calls) {
        this.calls = calls;
        boolean session = false;
        for (QueuedCall call : calls) {
            session |= !call.isData();
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
            if (!call.isData()) {
                return call;
            }
            int end = ReplySpan.end(encoded, at);
            out.raw(encoded, at, end - at);
            at = end;
        }
        return null;
    }

    /**
     * The session calls from the one that {@link #advance} gave on that take effect together; data commands among them have
     * run already. One call alone where it is of no group.
     */
    List<QueuedCall> group() {
        List<QueuedCall> together = new ArrayList<>();
        SessionGroup group = groupOf(calls.get(next - 1));
        for (int i = next - 1; i < calls.size(); i++) {
            QueuedCall call = calls.get(i);
            if (!call.isData() && call.refusal() == null) {
                if (!together.isEmpty() && (group == null || groupOf(call) != group)) {
                    break;
                }
                together.add(call);
            }
        }
        return together;
    }

    private static @Nullable SessionGroup groupOf(QueuedCall call) {
        return call.command.session() instanceof SessionGroup.Member member ? member.group() : null;
    }

    /** A group has run: what answers its calls, in order. */
    void answers(List<Consumer<Reply>> replies) {
        answers.addAll(replies);
    }

    /** Answers a session call that has run with its group already; false for one that has not. */
    boolean answer(ReplyBuffer out) {
        Consumer<Reply> known = answers.poll();
        if (known != null) {
            known.accept(out);
        }
        return known != null;
    }

    void release() {
        calls.forEach(QueuedCall::release);
    }
}

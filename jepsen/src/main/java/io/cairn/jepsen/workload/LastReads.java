package io.cairn.jepsen.workload;

import io.cairn.jepsen.history.Outcome;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Queue;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What is still to be read at the end of a run, shared by the clients that read it. Any thread. */
final class LastReads<T> {
    private final Supplier<Collection<T>> everything;
    private @Nullable Queue<T> left;

    /** @param everything asked for once, by the first client that comes */
    LastReads(Supplier<Collection<T>> everything) {
        this.everything = everything;
    }

    /** Reads one thing after another, each until it was answered or the session's time is over. */
    void by(Session session, Function<T, Outcome> read) {
        for (T next = take(); next != null; next = take()) {
            Outcome outcome = Outcome.FAIL;
            while (outcome != Outcome.OK && session.timeLeft()) {
                outcome = read.apply(next);
            }
            if (outcome != Outcome.OK) {
                session.missed();
            }
        }
    }

    private synchronized @Nullable T take() {
        if (left == null) {
            left = new ArrayDeque<>(everything.get());
        }
        return left.poll();
    }
}

package io.cairn.raft.shards;

import io.cairn.raft.shards.MigrationMessages.Answer;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The pieces of one attempt on their way: a bounded window of them, sent again from where the target's log has come to when
 * something was lost or another node leads the target. One thread.
 */
final class MigrationStream {
    /** Bytes of a piece: an entry of the target's log, and what its apply thread does at a stretch. */
    static final int PIECE_BYTES = 128 * 1024;
    /** Most pieces on their way. */
    static final int WINDOW = 16;

    private static final long ANSWER_MILLIS = 5_000;
    private static final long IDLE_MICROS = 300;
    /** What the target could not take a moment ago is not sent at once. */
    private static final long RESEND_MILLIS = 5;

    private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final MigrationLink link;
    private final String id;
    private final long attempt;
    private final MigrationSettings settings;
    private final ArrayDeque<Piece> window = new ArrayDeque<>();
    private long next;
    private long unconfirmed;
    private long sentBytes;
    private long lastAnswerMillis;
    private boolean ended;
    private boolean hurries;
    private long paidNanos = System.nanoTime();

    /** A piece that the target has not confirmed. */
    private static final class Piece {
        final long number;
        final byte[] bytes;
        CompletableFuture<Answer> answer = new CompletableFuture<>();

        Piece(long number, byte[] bytes) {
            this.number = number;
            this.bytes = bytes;
        }
    }

    MigrationStream(MigrationLink link, String id, long attempt, MigrationSettings settings) {
        this.link = link;
        this.id = id;
        this.attempt = attempt;
        this.settings = settings;
    }

    long unconfirmedBytes() {
        return unconfirmed;
    }

    long sentBytes() {
        return sentBytes;
    }

    /** Wall clock of the last confirmation, 0 for none. */
    long lastAnswerMillis() {
        return lastAnswerMillis;
    }

    /** The target has all. */
    boolean isEnded() {
        return ended;
    }

    /** Sends what there is to send, as far as window and throttle allow, and takes in what was confirmed. Waits a moment if there is nothing to do. */
    void step(SlotExport export, MigrationLink.Check check) throws InterruptedException, MigrationStopped {
        boolean idle = true;
        while (window.size() < WINDOW && mayPay()) {
            byte[] bytes = export.next(PIECE_BYTES);
            if (bytes.length == 0) {
                break;
            }
            idle = false;
            pay(bytes.length);
            Piece piece = new Piece(next++, bytes);
            window.add(piece);
            unconfirmed += bytes.length;
            sentBytes += bytes.length;
            piece.answer = link.send(MigrationMessages.piece(id, attempt, piece.number, bytes));
        }
        Piece oldest = window.peek();
        if (oldest == null) {
            if (idle) {
                TimeUnit.MICROSECONDS.sleep(IDLE_MICROS);
            }
            return;
        }
        if (idle && !oldest.answer.isDone()) {
            awaitABit(oldest);
        }
        confirm(check);
    }

    private static void awaitABit(Piece oldest) throws InterruptedException {
        try {
            oldest.answer.get(2, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            // Looked at below.
        }
    }

    private void confirm(MigrationLink.Check check) throws InterruptedException, MigrationStopped {
        Piece oldest = window.peek();
        while (oldest != null && oldest.answer.isDone()) {
            Answer answer = answerOf(oldest);
            if (answer == null || answer.status() == MigrationMessages.AGAIN || answer.next() <= oldest.number) {
                if (answer != null && answer.ended()) {
                    took(answer);
                } else {
                    resend(check);
                }
                return;
            }
            if (answer.status() == MigrationMessages.REFUSED) {
                throw new MigrationStopped("the target says: " + answer.reason(), false);
            }
            took(answer);
            oldest = window.peek();
        }
    }

    private static @Nullable Answer answerOf(Piece piece) throws InterruptedException {
        try {
            return piece.answer.get(ANSWER_MILLIS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            return null;
        }
    }

    private void took(Answer answer) {
        lastAnswerMillis = System.currentTimeMillis();
        ended |= answer.ended();
        while (!window.isEmpty() && (answer.ended() || window.element().number < answer.next())) {
            unconfirmed -= window.remove().bytes.length;
        }
    }

    /** Asks where the target is and goes on from there. */
    private void resend(MigrationLink.Check check) throws InterruptedException, MigrationStopped {
        Answer position = link.position(check, id, attempt);
        took(position);
        Piece oldest = window.peek();
        if (oldest != null && position.next() < oldest.number) {
            throw new MigrationStopped("the target has lost what it had confirmed", false);
        }
        TimeUnit.MILLISECONDS.sleep(RESEND_MILLIS);
        for (Piece piece : window) {
            piece.answer = link.send(MigrationMessages.piece(id, attempt, piece.number, piece.bytes));
        }
    }

    /** Clients wait: from now on nothing is held back. */
    void hurry() {
        hurries = true;
    }

    private boolean mayPay() {
        return hurries || settings.maxBytesPerSecond().getAsLong() <= 0 || System.nanoTime() >= paidNanos;
    }

    /** What is sent keeps the line busy for as long as the bound says. */
    private void pay(int bytes) {
        long bound = settings.maxBytesPerSecond().getAsLong();
        if (bound > 0) {
            paidNanos = Math.max(paidNanos, System.nanoTime() - SECOND_NANOS / 10) + bytes * SECOND_NANOS / bound;
        }
    }
}

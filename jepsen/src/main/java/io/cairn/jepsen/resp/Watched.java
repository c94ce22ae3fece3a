package io.cairn.jepsen.resp;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A read under WATCH and, if what was read is fit for it, a transaction that only goes through when nothing changed
 * meanwhile. Everything before EXEC is harmless: losing the connection there is a refusal.
 */
public final class Watched implements Talk {
    private final byte[][] watch;
    private final byte[][] read;
    private final Then then;
    private @Nullable Reply seen;

    /** What to do after the read. */
    @FunctionalInterface
    public interface Then {
        /** The commands of the transaction; an empty list for none. */
        List<byte[][]> commands(Reply seen);
    }

    public Watched(byte[][] watch, byte[][] read, Then then) {
        this.watch = watch;
        this.read = read;
        this.then = then;
    }

    /** What was read at the node whose answer counts, or null if it never came so far. */
    public @Nullable Reply seen() {
        return seen;
    }

    /** As {@link Transaction#over}; acknowledged with the read's reply when there was nothing to execute. */
    @Override
    public Attempt over(RawClient connection) throws NotSentException, OutcomeUnknownException {
        seen = null;
        List<byte[][]> commands;
        try {
            connection.send(watch);
            connection.send(read);
            connection.flush();
            Reply watching = connection.receive();
            Reply answer = connection.receive();
            if (watching.failed() || answer.failed()) {
                // No write was sent, so any error at all is a refusal here; the watch goes with the connection.
                connection.close();
                return new Attempt.Refused((watching.failed() ? watching : answer).text());
            }
            seen = answer;
            commands = commands(answer);
            if (commands.isEmpty()) {
                connection.call("UNWATCH");
                return new Attempt.Acknowledged(answer, connection.address());
            }
        } catch (OutcomeUnknownException e) {
            throw new NotSentException("before EXEC: " + e.getMessage(), e);
        } catch (StrangeAnswer e) {
            return new Attempt.Unknown(String.valueOf(e.getMessage()));
        }
        return new Transaction(commands).over(connection);
    }

    private List<byte[][]> commands(Reply answer) throws StrangeAnswer {
        try {
            return then.commands(answer);
        } catch (RuntimeException e) {
            throw new StrangeAnswer("no answer to the read under WATCH: " + answer.text(), e);
        }
    }

    /** The read was answered with what no server may give. Nothing happened, yet this must not pass for a plain refusal. */
    private static final class StrangeAnswer extends Exception {
        private static final long serialVersionUID = 1L;

        StrangeAnswer(String message, Throwable cause) {
            super(message, cause);
        }
    }
}

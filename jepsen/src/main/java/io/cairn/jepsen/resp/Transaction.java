package io.cairn.jepsen.resp;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * MULTI, commands, EXEC in one flush. Once that flush has begun, a lost connection leaves the outcome unknown; what the
 * answer of EXEC proves is in {@link #over}. Redis: execCommand.
 */
public final class Transaction implements Talk {
    /** Why a transaction is refused whose watched keys were changed by another client. */
    public static final String ABORTED = "aborted";

    private final List<byte[][]> commands;

    public Transaction(List<byte[][]> commands) {
        this.commands = List.copyOf(commands);
    }

    /**
     * Acknowledged with the array of EXEC, of as many items as there are commands and without an error in it. Refused when
     * EXEC answered nil, EXECABORT or an error that says that nothing happened. Unknown otherwise: an error inside the array
     * is one, since a part of the transaction may stand without the other.
     */
    @Override
    public Attempt over(RawClient connection) throws OutcomeUnknownException {
        connection.send(RawClient.words("MULTI"));
        for (byte[][] command : commands) {
            connection.send(command);
        }
        connection.send(RawClient.words("EXEC"));
        connection.flush();
        Reply begun = connection.receive();
        String queueError = null;
        boolean everyOneRefused = true;
        for (int i = 0; i < commands.size(); i++) {
            Reply queued = connection.receive();
            everyOneRefused &= queued instanceof Reply.Failure failure && Attempt.refusal(failure.value());
            if (queueError == null && queued.failed()) {
                queueError = queued.text();
            }
        }
        Reply executed = connection.receive();
        Attempt attempt = begun instanceof Reply.Failure failure
                ? withoutMulti(failure.value(), everyOneRefused)
                : judge(connection.address(), executed, queueError);
        if (!(attempt instanceof Attempt.Acknowledged) && !(executed instanceof Reply.Nil)) {
            // Whether such an answer leaves the connection inside MULTI or watching is the server's affair: start
            // afresh.
            connection.close();
        }
        return attempt;
    }

    /** MULTI was not taken, so each command ran by itself unless it was refused by itself. */
    private static Attempt withoutMulti(String error, boolean everyOneRefused) {
        return everyOneRefused && Attempt.refusal(error)
                ? new Attempt.Refused(error)
                : new Attempt.Unknown("MULTI was answered with: " + error);
    }

    private Attempt judge(Address node, Reply executed, @Nullable String queueError) {
        if (executed instanceof Reply.Nil) {
            return new Attempt.Refused(ABORTED);
        }
        if (executed instanceof Reply.Failure failure) {
            String text = failure.value();
            if (text.startsWith("EXECABORT")) {
                return new Attempt.Refused(queueError == null ? text : queueError);
            }
            return Attempt.refusal(text) ? new Attempt.Refused(text) : new Attempt.Unknown(text);
        }
        if (queueError != null) {
            return new Attempt.Unknown("executed though a command was not queued: " + queueError);
        }
        if (!(executed instanceof Reply.Array array) || array.items().size() != commands.size()) {
            return new Attempt.Unknown("EXEC was answered with: " + executed.text());
        }
        for (Reply item : array.items()) {
            if (item.failed()) {
                return new Attempt.Unknown("error inside EXEC: " + array.text());
            }
        }
        return new Attempt.Acknowledged(executed, node);
    }
}

package io.cairn.jepsen.resp;

/**
 * What is said to one node over one connection to try an operation once. It may be held again at another node when it was
 * refused, so it starts from nothing each time; it leaves no WATCH and no MULTI behind on a connection that it leaves open.
 */
@FunctionalInterface
public interface Talk {
    /**
     * @return what is known; {@link Attempt.Refused} only after a proof that nothing happened
     * @throws NotSentException when the connection was lost while nothing that could change anything had been sent
     * @throws OutcomeUnknownException when it was lost later
     */
    Attempt over(RawClient connection) throws NotSentException, OutcomeUnknownException;

    /** One command. */
    static Talk command(byte[]... args) {
        return connection -> Attempt.of(connection.address(), connection.call(args));
    }

    /** One command written as words. */
    static Talk command(String... words) {
        return command(RawClient.words(words));
    }
}

package io.cairn.jepsen.resp;

/** The command was sent, at least in part, and no whole answer came: it may have happened, or may still happen. */
public final class OutcomeUnknownException extends Exception {
    private static final long serialVersionUID = 1L;

    public OutcomeUnknownException(String message, Throwable cause) {
        super(message, cause);
    }
}

package io.cairn.mode;

/** The log took nothing: the node stops. */
public final class JournalBrokenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public JournalBrokenException(Throwable cause) {
        super("the log is broken: " + cause.getMessage(), cause);
    }
}

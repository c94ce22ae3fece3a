package io.cairn.jepsen.resp;

/** No byte of the command left this process: it surely did not happen. */
public final class NotSentException extends Exception {
    private static final long serialVersionUID = 1L;

    public NotSentException(String message, Throwable cause) {
        super(message, cause);
    }
}

package io.cairn.jepsen.nemesis;

/** A fault was made, but a probe did not see it in force. */
public final class UnconfirmedException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    public UnconfirmedException(String message) {
        super(message);
    }
}

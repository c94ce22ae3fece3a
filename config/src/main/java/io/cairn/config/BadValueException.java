package io.cairn.config;

/** A value that a {@link Type} does not take; the message is the tail of Redis's error text. */
public final class BadValueException extends Exception {
    private static final long serialVersionUID = 1L;

    public BadValueException(String message) {
        super(message);
    }
}

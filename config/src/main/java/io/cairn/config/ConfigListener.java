package io.cairn.config;

/**
 * Told of a new value on the thread that set it, before CONFIG SET answers. Throwing refuses the change: every value is
 * put back, and listeners already told are told the old value.
 *
 * @param <T> the key's type
 */
@FunctionalInterface
public interface ConfigListener<T> {
    /** Takes the new value; the message of the exception is the reason in the error reply. */
    void changed(T value) throws BadValueException;
}

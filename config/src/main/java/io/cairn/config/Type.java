package io.cairn.config;

import java.util.List;

/**
 * How values of one kind are read and written. Types are immutable and safe for any thread; values are immutable and
 * have {@code equals}.
 *
 * @param <T> the value as the product reads it
 */
public interface Type<T> {
    /**
     * Reads the arguments of a directive, at least one (an empty string is an argument).
     *
     * @param current the key's value so far, which some directives only amend
     */
    T parse(List<String> arguments, T current) throws BadValueException;

    /** The value as CONFIG GET shows it. */
    String show(T value);

    /** The lines of a file that set this value, each without the key's name. */
    default List<String> lines(T value) {
        return List.of(Words.quote(show(value)));
    }

    /** True if a directive takes several arguments; CONFIG SET then splits its one argument at spaces. */
    default boolean severalArguments() {
        return false;
    }

    /** Reads a further line of the same key in the same source; as a rule the last line wins. */
    default T further(List<String> arguments, T soFar) throws BadValueException {
        return parse(arguments, soFar);
    }

    /** The bounds or choices, for the reference page. */
    String bounds();
}

package io.cairn.config;

/**
 * A configuration that cannot be taken: an unknown key, a bad value, a file that cannot be read or written. The message
 * is one line. From {@link Config#load} it is what the command line prints before it exits; from {@link Config#set} and
 * {@link Config#rewrite} it is the whole error reply, {@code ERR} included.
 */
public final class ConfigException extends Exception {
    private static final long serialVersionUID = 1L;

    public ConfigException(String message) {
        super(message);
    }
}

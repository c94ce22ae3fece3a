package io.cairn.command;

/** What the server calls itself. */
public final class Release {
    /** The Redis release whose commands and replies are followed: clients choose what they send by it. */
    public static final String REDIS_VERSION = "7.0.15";
    /** This product's version; a test holds it equal to the build's. */
    public static final String VERSION = "0.1.0";

    private Release() {}
}

package io.cairn.config;

/** Redis's log levels. */
public enum LogLevel {
    DEBUG,
    VERBOSE,
    NOTICE,
    WARNING
}

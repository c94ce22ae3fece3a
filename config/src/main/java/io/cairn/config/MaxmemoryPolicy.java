package io.cairn.config;

/** What happens at {@code maxmemory}. */
public enum MaxmemoryPolicy {
    /** Commands that need memory get an OOM error. */
    NOEVICTION
}

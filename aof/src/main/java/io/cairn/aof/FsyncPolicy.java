package io.cairn.aof;

/** When appended entries are forced to the disk: Redis's {@code appendfsync}. */
public enum FsyncPolicy {
    /** Before an append returns. */
    ALWAYS,
    /** In the background, once a second. */
    EVERYSEC,
    /** When the operating system pleases. */
    NO
}

package io.cairn.config;

/** When the log is fsynced, in the order Redis names them. */
public enum AppendFsync {
    EVERYSEC,
    ALWAYS,
    NO
}

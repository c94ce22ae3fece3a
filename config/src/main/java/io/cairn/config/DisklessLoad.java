package io.cairn.config;

/** When a replica loads its primary's data without a file: {@code repl-diskless-load}. */
public enum DisklessLoad {
    DISABLED,
    ON_EMPTY_DB,
    SWAPDB
}

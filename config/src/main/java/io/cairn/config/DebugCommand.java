package io.cairn.config;

/** Who may send DEBUG. */
public enum DebugCommand {
    NO,
    YES,
    LOCAL
}

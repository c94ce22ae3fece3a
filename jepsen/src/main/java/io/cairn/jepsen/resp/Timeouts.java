package io.cairn.jepsen.resp;

/** How long a client waits for a connection and for each reply. */
public record Timeouts(int connectMillis, int replyMillis) {
    /** For calls that have no reason to be slow. */
    public static final Timeouts PATIENT = new Timeouts(2_000, 20_000);
}

package io.cairn.jepsen.nemesis;

/** Time that a fault itself needs; nothing is waited for. */
final class Pauses {
    private Pauses() {}

    /** Returns early when the thread is interrupted, which stays so. */
    static void sleep(long millis) {
        try {
            Thread.sleep(Math.max(0, millis));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package io.cairn.jepsen.history;

/** What is known of an operation after it ended. */
public enum Outcome {
    /** It happened, between its call and its return. */
    OK,
    /** It surely did not happen, and never will. */
    FAIL,
    /** It may have happened, or may still happen at any later time. */
    INFO
}

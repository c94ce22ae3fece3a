package io.cairn.jepsen.resp;

/** What is known of a command after it was tried. */
public sealed interface Attempt {
    /** It happened, and this is the reply of the node that says so. */
    record Acknowledged(Reply reply, Address node) implements Attempt {}

    /** It surely did not happen. */
    record Refused(String reason) implements Attempt {}

    /** It may have happened, or may still happen. */
    record Unknown(String reason) implements Attempt {}
}

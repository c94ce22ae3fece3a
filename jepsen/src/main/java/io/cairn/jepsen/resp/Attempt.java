package io.cairn.jepsen.resp;

import java.util.Set;

/** What is known of a command after it was tried. */
public sealed interface Attempt {
    /** Error codes that say "nothing happened". Every other error counts as unknown, also one that promises more. */
    Set<String> REFUSALS =
            Set.of("MOVED", "ASK", "CLUSTERDOWN", "TRYAGAIN", "LOADING", "MISCONF", "READONLY", "MASTERDOWN");

    /** It happened, and this is the reply of the node that says so. */
    record Acknowledged(Reply reply, Address node) implements Attempt {}

    /** It surely did not happen. */
    record Refused(String reason) implements Attempt {}

    /** It may have happened, or may still happen. */
    record Unknown(String reason) implements Attempt {}

    /** What the reply to a single command says. */
    static Attempt of(Address node, Reply reply) {
        if (!(reply instanceof Reply.Failure failure)) {
            return new Acknowledged(reply, node);
        }
        return refusal(failure.value()) ? new Refused(failure.value()) : new Unknown(failure.value());
    }

    /** Whether an error's text begins with a code that says "nothing happened". */
    static boolean refusal(String error) {
        int space = error.indexOf(' ');
        return REFUSALS.contains(space < 0 ? error : error.substring(0, space));
    }
}

package io.cairn.acl;

/** A rule of a user that cannot be taken; the message says why in Redis's words (ACLSetUserStringError). */
public final class RuleException extends Exception {
    private static final long serialVersionUID = 1;

    /** Why. */
    enum Why {
        UNKNOWN_COMMAND("Unknown command or category name in ACL"),
        SYNTAX("Syntax error"),
        KEYS_AFTER_ALL(
                "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect."
                        + " Try 'resetkeys' to start with an empty list of patterns"),
        CHANNELS_AFTER_ALL(
                "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have"
                        + " any effect. Try 'resetchannels' to start with an empty list of channels"),
        NO_SUCH_PASSWORD("The password you are trying to remove from the user does not exist"),
        BAD_HASH("The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters"),
        FIRST_ARGUMENT("Allowing first-arg of a subcommand is not supported"),
        /** Its message is not of the list. */
        OTHER("");

        private final String text;

        Why(String text) {
            this.text = text;
        }
    }

    private final Why why;

    RuleException(Why why) {
        super(why.text);
        this.why = why;
    }

    RuleException(String message) {
        super(message);
        this.why = Why.OTHER;
    }

    /** As another message, for the same reason. */
    RuleException(Why why, String message) {
        super(message);
        this.why = why;
    }

    Why why() {
        return why;
    }

    /** The message; never null. */
    public String text() {
        return String.valueOf(getMessage());
    }
}
